import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { getTask, updateTask } from "../api";
import { now } from "../clock";
import { tell } from "../notices";
import { ApiError } from "../problem";
import * as session from "../session";
import { fieldsOf, merged, patchOf, PRIORITIES, sameDue, type TaskFields } from "../taskForm";
import { isShown, load, put } from "../tasks";
import { dueText } from "../time";
import type { Task } from "../types";
import { Alert } from "./Alert";
import { invalid, unfinishedDate } from "./forms";
import { DescriptionField, DueField, PriorityField, TASK_FIELDS, TitleField } from "./TaskFieldset";
import { useSubmit } from "./useSubmit";

interface Props {
  task: Task;
  /** A newer version was fetched, because ours was out of date. */
  onNewer: (task: Task) => void;
  onDone: () => void;
  onDelete: () => void;
}

export function EditTask({ task, onNewer, onDone, onDelete }: Props) {
  const zone = session.zone.value;
  const base = useRef(task);
  const typed = useSignal(fieldsOf(task, zone));
  const clash = useSignal<Elsewhere | null>(null);
  const { busy, error, message, submit } = useSubmit(TASK_FIELDS, save);

  /** Take up a newer version, and keep what was typed over it. */
  function rebase(newer: Task): Elsewhere {
    const before = fieldsOf(base.current, zone);
    const mine = typed.peek();
    base.current = newer;
    typed.value = merged(before, mine, fieldsOf(newer, zone));
    return elsewhere(before, mine, newer, zone);
  }

  useEffect(() => {
    if (task.version !== base.current.version) rebase(task);
  }, [task]);

  async function save(form: HTMLFormElement) {
    if (unfinishedDate(form, "due"))
      throw invalid("due_at", "Finish the day and time, or clear it.");
    const changes = patchOf(fieldsOf(base.current, zone), typed.value, zone);
    if (changes.title === "") throw invalid("title", "Enter a title.");
    if (Object.keys(changes).length === 0) return onDone();
    try {
      const saved = await updateTask(base.current, changes);
      put(saved);
      if (!isShown(saved)) void load({ quiet: true });
      tell(`Saved “${saved.title}”.`);
      onDone();
    } catch (failure) {
      if (!(failure instanceof ApiError && failure.status === 412)) throw failure;
      const newest = await getTask(task.id);
      clash.value = rebase(newest);
      put(newest);
      onNewer(newest);
    }
  }

  const common = {
    fields: typed.value,
    error,
    elsewhere: clash.value ?? {},
    onChange: (fields: TaskFields) => (typed.value = fields),
  };
  return (
    <form class="stack" aria-label="Task" noValidate onSubmit={submit}>
      {clash.value && (
        <div ref={focused} class="alert warn" role="alert" tabIndex={-1}>
          This task was changed elsewhere, so nothing was saved. Its newest version is loaded; what
          you typed is kept on top of it. Look it over and save again.{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              typed.value = fieldsOf(base.current, zone);
              clash.value = null;
            }}
          >
            Drop my changes
          </button>
        </div>
      )}
      <TitleField {...common} />
      <div class="grid two">
        <DueField {...common} />
        <PriorityField {...common} />
        <DescriptionField {...common} />
      </div>
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Saving…" : "Save"}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
        <button type="button" class="button quiet danger push" onClick={onDelete}>
          Delete
        </button>
      </div>
    </form>
  );
}

/** It may have appeared above what a small screen shows. */
function focused(element: HTMLElement | null) {
  element?.focus();
}

type Elsewhere = Partial<Record<"title" | "description" | "priority" | "due", string>>;

/** What others wrote into the fields that were also changed here. */
function elsewhere(before: TaskFields, mine: TaskFields, newer: Task, zone: string): Elsewhere {
  const theirs = fieldsOf(newer, zone);
  const result: Elsewhere = {};
  for (const key of ["title", "description", "priority"] as const) {
    if (mine[key] === before[key] || theirs[key] === before[key] || theirs[key] === mine[key])
      continue;
    result[key] =
      key === "priority"
        ? (PRIORITIES.find(([value]) => value === theirs.priority)?.[1] ?? theirs.priority)
        : theirs[key];
  }
  if (!sameDue(mine, before) && !sameDue(theirs, before) && !sameDue(theirs, mine)) {
    result.due = dueText(newer, zone, now.peek());
  }
  return result;
}
