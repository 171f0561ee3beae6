import { changesIn, headline } from "../../activity";
import { listActivity, undoTask } from "../../api";
import { now } from "../../clock";
import { refresh } from "../../draft";
import { complain, tell } from "../../notices";
import { isOutOfDate } from "../../problem";
import * as session from "../../session";
import { load, put } from "../../tasks";
import { momentText } from "../../time";
import type { Activity, Task } from "../../types";
import { ListFrame } from "../ListFrame";
import { useAction } from "../useAction";
import { useList } from "../useList";
import { Disclosure } from "./Disclosure";

interface Props {
  task: Task;
  onNewer: (task: Task) => void;
}

export function History({ task, onNewer }: Props) {
  return (
    <section class="part" aria-label="History">
      <Disclosure label="History">
        <Changes key={task.version} task={task} onNewer={onNewer} />
      </Disclosure>
    </section>
  );
}

/** Who did what and when, the newest first; the last of it can be taken back. */
function Changes({ task, onNewer }: Props) {
  const list = useList((cursor) => listActivity(task.id, cursor));
  const { busy, message, run } = useAction(async () => {
    try {
      const newer = await undoTask(task.id, task.version);
      put(newer);
      void load({ quiet: true });
      onNewer(newer);
      tell("Undone.");
    } catch (error) {
      if (!isOutOfDate(error)) throw error;
      complain("Not undone: the task was changed elsewhere meanwhile. Look at it again first.");
      onNewer(await refresh(task));
    }
  });
  const some = list.items?.some(({ action, undone: gone }) => !gone && isDeed(action));
  return (
    <>
      {some && (
        <div class="actions middle">
          <button
            type="button"
            class="button small"
            aria-disabled={busy}
            onClick={() => void run()}
          >
            {busy ? "Undoing…" : "Undo last change"}
          </button>
        </div>
      )}
      {message && (
        <p class="field-error" role="alert">
          {message}
        </p>
      )}
      <ListFrame list={list} empty="Nothing has happened yet.">
        {(one) => <Change key={one.version} one={one} />}
      </ListFrame>
    </>
  );
}

function isDeed(action: Activity["action"]): boolean {
  return action !== "created" && action !== "undone";
}

function Change({ one }: { one: Activity }) {
  const zone = session.zone.value;
  return (
    <li class={`row change ${one.undone ? "undone" : ""}`}>
      <div class="row-body">
        <p>
          {headline(one)} {one.undone && <span class="badge">taken back</span>}
        </p>
        {changesIn(one, zone, now.value).map((line) => (
          <p key={line} class="muted">
            {line}
          </p>
        ))}
      </div>
      <time class="muted" dateTime={one.at}>
        {momentText(one.at, zone, now.value)}
      </time>
    </li>
  );
}
