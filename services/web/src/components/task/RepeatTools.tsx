import { listCompletions, skipTask, undoTask, updateTask } from "../../api";
import { now } from "../../clock";
import { refresh } from "../../draft";
import { complain, tell } from "../../notices";
import { explain, isOutOfDate } from "../../problem";
import * as session from "../../session";
import { load, put } from "../../tasks";
import { dueText, momentText } from "../../time";
import type { Completion, Task } from "../../types";
import { ListFrame } from "../ListFrame";
import { useAction } from "../useAction";
import { useList } from "../useList";
import { Disclosure } from "./Disclosure";

interface Props {
  task: Task;
  onNewer: (task: Task) => void;
}

/** What can be done with the repeats of a task as it is saved, and what became of earlier ones. */
export function RepeatTools({ task, onNewer }: Props) {
  const zone = session.zone.value;
  const took = (newer: Task) => {
    put(newer);
    void load({ quiet: true });
    onNewer(newer);
  };
  const back = (from: Task) => ({ label: "Undo", run: () => void undo(from, took) });
  const skip = useAction(() =>
    careful(async () => {
      const newer = await skipTask(task.id, task.occurrence);
      took(newer);
      const next = newer.completed ? "" : ` Next: ${dueText(newer, zone, now.peek())}.`;
      tell(`Skipped.${next}`, back(newer));
    }),
  );
  const stop = useAction(() =>
    careful(async () => {
      const newer = await updateTask(task, { recurrence: null });
      took(newer);
      tell(`“${newer.title}” no longer repeats.`, back(newer));
    }),
  );

  async function careful(work: () => Promise<void>) {
    try {
      await work();
    } catch (error) {
      if (!isOutOfDate(error)) throw error;
      complain("Nothing was done: the task was changed elsewhere. This is where it is now.");
      onNewer(await refresh(task));
    }
  }

  const busy = skip.busy || stop.busy;
  const message = skip.message || stop.message;
  return (
    <div class="repeat-tools wide">
      {!task.completed && (
        <div class="actions">
          <Tool label="Skip this one" busy={busy} onClick={skip.run} />
          <Tool label="Stop repeating" busy={busy} onClick={stop.run} />
        </div>
      )}
      {message && (
        <p class="field-error" role="alert">
          {message}
        </p>
      )}
      <Disclosure label="Earlier ones">
        <Completions key={task.version} id={task.id} />
      </Disclosure>
    </div>
  );
}

function Tool({ label, busy, onClick }: { label: string; busy: boolean; onClick: () => unknown }) {
  return (
    <button
      type="button"
      class="button small"
      aria-disabled={busy}
      onClick={() => {
        if (!busy) onClick();
      }}
    >
      {label}
    </button>
  );
}

async function undo(task: Task, took: (newer: Task) => void): Promise<void> {
  try {
    took(await undoTask(task.id, task.version));
    tell("Undone.");
  } catch (error) {
    complain(`Could not undo that. ${explain(error)}`);
  }
}

function Completions({ id }: { id: string }) {
  const list = useList((cursor) => listCompletions(id, cursor));
  return (
    <ListFrame list={list} empty="None has been completed or skipped yet.">
      {(one) => <Done key={`${one.occurrence} ${one.at}`} one={one} />}
    </ListFrame>
  );
}

function Done({ one }: { one: Completion }) {
  const zone = session.zone.value;
  const word = one.outcome === "skipped" ? "Skipped" : "Completed";
  return (
    <li class="row">
      <p class="row-body">{dueText(one, zone, now.value)}</p>
      <p class="muted">
        {word} · {momentText(one.at, zone, now.value)}
      </p>
    </li>
  );
}
