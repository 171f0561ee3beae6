import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { getTask, moveTask } from "../../api";
import { tell } from "../../notices";
import { load, put } from "../../tasks";
import type { Task } from "../../types";
import { useAction } from "../useAction";

interface Props {
  task: Task;
  onOpen: (id: string) => void;
  onNewer: (task: Task) => void;
}

/** The way up from a subtask, the top level first. */
export function Crumbs({ task, onOpen, onNewer }: Props) {
  const parents = useSignal<Task[]>([]);
  useEffect(() => {
    let gone = false;
    void parentsOf(task).then((found) => {
      if (!gone) parents.value = found;
    });
    return () => {
      gone = true;
    };
  }, [task.parent_id]);
  const { busy, message, run } = useAction(async () => {
    const newer = await moveTask(task.id, { parent_id: null });
    put(newer);
    void load({ quiet: true });
    onNewer(newer);
    tell(`“${newer.title}” is a task of its own now.`);
  });
  if (!task.parent_id) return null;
  return (
    <nav class="crumbs" aria-label="Part of">
      <ol>
        {parents.value.map(({ id, title }) => (
          <li key={id}>
            <button type="button" class="link" onClick={() => onOpen(id)}>
              {title}
            </button>
          </li>
        ))}
      </ol>
      <button
        type="button"
        class="button quiet small"
        aria-disabled={busy}
        onClick={() => void run()}
      >
        Make it a task of its own
      </button>
      {message && (
        <p class="field-error" role="alert">
          {message}
        </p>
      )}
    </nav>
  );
}

/** As far up as they can be read. */
async function parentsOf(task: Task): Promise<Task[]> {
  if (!task.parent_id) return [];
  try {
    const parent = await getTask(task.parent_id);
    return [...(await parentsOf(parent)), parent];
  } catch {
    return [];
  }
}
