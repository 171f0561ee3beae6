import { useRef } from "preact/hooks";

import { addTask, clearDraft, draft } from "../draft";
import { ApiError } from "../problem";
import { reminderOf } from "../reminders";
import * as session from "../session";
import { dueInstant, emptyFields, type TaskFields } from "../taskForm";
import { Alert } from "./Alert";
import { invalid, unfinishedDate } from "./forms";
import { dueKind, ReminderField } from "./ReminderField";
import { DescriptionField, DueField, PriorityField, TASK_FIELDS, TitleField } from "./TaskFieldset";
import { useSubmit } from "./useSubmit";

function change(fields: TaskFields) {
  draft.value = { ...draft.value, fields };
}

/** One line until somebody types in it, then the whole form. */
export function AddTask() {
  const form = useRef<HTMLFormElement>(null);
  const { busy, error, failure, message, submit } = useSubmit(
    [...TASK_FIELDS, "reminder"],
    async (element) => {
      await addTask(checked(element));
      focusTitle(element);
    },
  );
  const { fields, reminder } = draft.value;
  const common = { fields, error, onChange: change };

  function cancel() {
    if (!isStarted()) return (document.activeElement as HTMLElement | null)?.blur();
    clearDraft();
    failure.value = null;
    focusTitle(form.current);
  }

  return (
    <form
      ref={form}
      class="card add"
      aria-label="New task"
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && !busy && cancel()}
    >
      <div class="add-line">
        <TitleField {...common} />
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Adding…" : "Add task"}
        </button>
      </div>
      {isStarted() && (
        <div class="grid three">
          <DueField {...common} />
          <ReminderField
            choice={reminder}
            optional
            due={dueKind(fields)}
            error={error?.fields.reminder}
            onChange={(changed) => (draft.value = { ...draft.value, reminder: changed })}
          />
          <PriorityField {...common} />
          <DescriptionField {...common} />
          <div class="wide actions end">
            <button type="button" class="button quiet small" onClick={cancel}>
              Cancel
            </button>
          </div>
        </div>
      )}
      <Alert>{message && `${message}${kept(failure.value)}`}</Alert>
    </form>
  );
}

function isStarted(): boolean {
  const { fields, reminder } = draft.value;
  const keys = Object.keys(emptyFields) as (keyof TaskFields)[];
  return reminder.kind !== "" || keys.some((key) => fields[key] !== emptyFields[key]);
}

function focusTitle(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>("[name=title]")?.focus();
}

/** What can be said without asking the server; the reminder to be made with the task. */
function checked(form: HTMLFormElement) {
  const { fields, reminder } = draft.value;
  if (!fields.title.trim()) throw invalid("title", "Enter a title.");
  if (unfinishedDate(form, "due")) throw invalid("due_at", "Finish the day and time, or clear it.");
  const zone = session.zone.value;
  const body = reminderOf(reminder, dueInstant(fields, zone), zone, Date.now());
  if (typeof body === "string") throw invalid("reminder", body);
  return body;
}

function kept(failure: unknown): string {
  return failure instanceof ApiError && failure.status === 422 ? "" : " What you typed is kept.";
}
