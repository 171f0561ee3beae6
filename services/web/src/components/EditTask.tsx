import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { getTask, updateTask } from "../api";
import { load as loadLists } from "../lists";
import { tell } from "../notices";
import { ApiError } from "../problem";
import * as session from "../session";
import {
  fieldsOf,
  has,
  merged,
  movesSeries,
  patchOf,
  sameRepeat,
  stopsSeries,
  type TaskFields,
  type Which,
} from "../taskForm";
import { isShown, load, put } from "../tasks";
import type { Task } from "../types";
import { Alert } from "./Alert";
import { invalid, unfinishedDate } from "./forms";
import { elsewhereIn } from "./task/elsewhere";
import { LabelsField } from "./task/LabelsField";
import { RepeatField } from "./task/RepeatField";
import { RepeatPreview } from "./task/RepeatPreview";
import { RepeatTools } from "./task/RepeatTools";
import { WhichOnes } from "./task/WhichOnes";
import {
  DescriptionField,
  DueField,
  ListField,
  PriorityField,
  StartField,
  TASK_FIELDS,
  TitleField,
  type Elsewhere,
} from "./TaskFieldset";
import { useSubmit } from "./useSubmit";

interface Props {
  task: Task;
  /** Tells whether something was typed that is not saved. */
  unsaved: { current: () => boolean };
  /** A newer version came from the server. */
  onNewer: (task: Task) => void;
  onDone: () => void;
  onCancel: () => void;
  onDelete: () => void;
}

export function EditTask({ task, unsaved, onNewer, onDone, onCancel, onDelete }: Props) {
  const zone = session.zone.value;
  const base = useRef(task);
  const typed = useSignal(fieldsOf(task, zone));
  const which = useSignal<Which>("this");
  const clash = useSignal<Elsewhere | null>(null);
  const { busy, error, message, submit } = useSubmit(TASK_FIELDS, save);
  const before = fieldsOf(base.current, zone);
  const changes = () =>
    patchOf(fieldsOf(base.current, zone), typed.peek(), zone, which.peek());
  unsaved.current = () => Object.keys(changes()).length > 0;

  /** Take up a newer version, and keep what was typed over it. */
  function rebase(newer: Task): Elsewhere {
    const old = fieldsOf(base.current, zone);
    const mine = typed.peek();
    base.current = newer;
    typed.value = merged(old, mine, fieldsOf(newer, zone));
    return elsewhereIn(newer, old, mine, zone);
  }

  useEffect(() => {
    if (task.version !== base.current.version) rebase(task);
  }, [task]);

  async function save(form: HTMLFormElement) {
    checkDates(form);
    const patch = changes();
    if (patch.title === "") throw invalid("title", "Enter a title.");
    if (Object.keys(patch).length === 0) return onDone();
    try {
      const saved = await updateTask(base.current, patch);
      put(saved);
      if (!isShown(saved) || patch.list_id) void load({ quiet: true });
      if (patch.labels?.some((name) => !has(base.current.labels, name))) void loadLists();
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

  const change = (fields: TaskFields) => (typed.value = fields);
  const fields = typed.value;
  const elsewhere = clash.value ?? {};
  const common = { fields, error, elsewhere, onChange: change };
  const moves = movesSeries(before, fields);
  const newRule = !sameRepeat(fields, before) || (moves && which.value === "following");
  return (
    <form class="stack" aria-label="Task" noValidate onSubmit={submit}>
      {clash.value && (
        <Clash
          onDrop={() => {
            typed.value = fieldsOf(base.current, zone);
            clash.value = null;
          }}
        />
      )}
      <TitleField {...common} />
      <div class="grid two">
        <DueField {...common} />
        <RepeatField
          fields={fields}
          error={repeatError(error)}
          elsewhere={elsewhere.repeat && `Elsewhere: ${elsewhere.repeat}`}
          follows={newRule}
          onChange={change}
        >
          {stopsSeries(before, fields) && (
            <p class="wide hint">Without a due date it no longer repeats.</p>
          )}
          {newRule && fields.rrule && !fields.due && (
            <p class="wide hint">The first of its dates becomes the due date.</p>
          )}
          {moves && <WhichOnes which={which.value} onChange={(one) => (which.value = one)} />}
        </RepeatField>
        {(newRule || !moves) && <RepeatPreview task={task} fields={fields} changed={newRule} />}
        {task.recurrence && <RepeatTools task={task} onNewer={onNewer} />}
        <ListField
          {...common}
          {...(task.parent_id && fields.listId !== before.listId ? { note: DETACHED } : {})}
        />
        <PriorityField {...common} />
        <LabelsField
          labels={fields.labels}
          error={error?.fields.labels}
          onChange={(labels) => change({ ...typed.peek(), labels })}
        />
        <StartField {...common} />
        <DescriptionField {...common} />
      </div>
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Saving…" : "Save"}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" class="button quiet danger push" onClick={onDelete}>
          Delete
        </button>
      </div>
    </form>
  );
}

const DETACHED = "In another list it is no longer a subtask.";

function Clash({ onDrop }: { onDrop: () => void }) {
  return (
    <div ref={focused} class="alert warn" role="alert" tabIndex={-1}>
      This task was changed elsewhere, so nothing was saved. Its newest version is loaded; what you
      typed is kept on top of it. Look it over and save again.{" "}
      <button type="button" class="link" onClick={onDrop}>
        Drop my changes
      </button>
    </div>
  );
}

/** It may have appeared above what a small screen shows. */
function focused(element: HTMLElement | null) {
  element?.focus();
}

function checkDates(form: HTMLFormElement): void {
  if (unfinishedDate(form, "due")) throw invalid("due_at", "Finish the day and time, or clear it.");
  if (unfinishedDate(form, "start")) throw invalid("start_date", "Finish the day, or clear it.");
}

function repeatError(error: ApiError | null): string | undefined {
  const { fields } = error ?? {};
  return fields?.["recurrence.rrule"] ?? fields?.["recurrence.anchor"] ?? fields?.recurrence;
}
