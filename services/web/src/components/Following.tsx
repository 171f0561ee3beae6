import { useEffect } from "preact/hooks";

import { reloadUser } from "../account";
import * as bell from "../bell";
import { askedFor, opened, openTask } from "../opened";
import * as preferences from "../preferences";
import { onOpenTask, renew } from "../push";
import { TaskDialog } from "./TaskDialog";
import { useLive } from "./useLive";

/** What goes on whichever page is shown: taking up news, and the dialog of a task. */
export function Following() {
  useLive(["notification"], (news) => void bell.hear(news), true);
  useLive(preferences.KINDS, () => {
    // Nobody has asked for them yet: then they are read when somebody does.
    if (preferences.known.peek()) preferences.load().catch(() => undefined);
  });
  useLive(["account"], () => void reloadUser().catch(() => undefined));
  useEffect(() => {
    void renew();
    const asked = askedFor();
    if (asked) void openTask(asked);
    // Somebody clicked on a push message while the page was open.
    return onOpenTask((id) => void openTask(id));
  }, []);
  const task = opened.value;
  return (
    task && (
      <TaskDialog
        key={task.id}
        task={task}
        onClosed={() => {
          opened.value = null;
          // What had the focus before is gone with its task.
          const lost = document.activeElement === document.body;
          if (lost) document.getElementById("tasks-title")?.focus();
        }}
      />
    )
  );
}
