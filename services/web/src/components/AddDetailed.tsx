import { batch } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { now } from "../clock";
import { addTask, clearDraft, draft } from "../draft";
import { listOf } from "../lists";
import { ApiError } from "../problem";
import * as quick from "../quick";
import { ensure, preferences, usualChannels } from "../preferences";
import { quietText } from "../quietHours";
import { momentOf, orUsual, reminderOf, type ReminderChoice } from "../reminders";
import * as session from "../session";
import { dueInstant, type TaskFields } from "../taskForm";
import { view } from "../tasks";
import { Alert } from "./Alert";
import { invalid, unfinishedDate } from "./forms";
import { dueKind, ReminderChannels, ReminderField } from "./ReminderField";
import {
  DescriptionField,
  DueField,
  ListField,
  PriorityField,
  TASK_FIELDS,
  TitleField,
} from "./TaskFieldset";
import { useSubmit } from "./useSubmit";

/** As typed; in a list the new task belongs to it, unless another one was chosen. */
function fieldsHere(): TaskFields {
  const { fields } = draft.value;
  const here = view.value.kind === "list" ? listOf(view.value.id) : undefined;
  return fields.listId || !here || here.archived ? fields : { ...fields, listId: here.id };
}

/** As chosen; for a task with a time the usual one until somebody chooses. */
function reminderHere(): ReminderChoice {
  const fields = fieldsHere();
  const due = fields.allDay ? null : dueHere(fields);
  return orUsual(draft.value.reminder, due, preferences.value, now.value);
}

function dueHere(fields: TaskFields): string | null {
  return dueInstant(fields, session.zone.value, preferences.value.all_day_time);
}

function change(fields: TaskFields) {
  draft.value = { ...draft.value, fields };
}

export function AddDetailed() {
  const form = useRef<HTMLFormElement>(null);
  const { busy, error, failure, message, submit } = useSubmit(
    [...TASK_FIELDS, "reminder"],
    async (element) => {
      const reminder = checked(element);
      change(fieldsHere());
      quick.detailed.value = true;
      await addTask(reminder);
      focusTitle(element);
    },
  );
  useEffect(() => {
    focusTitle(form.current);
    void ensure();
  }, []);
  const reminder = reminderHere();
  const fields = fieldsHere();
  const common = { fields, error, onChange: change };

  function close() {
    batch(() => {
      quick.type(fields.title);
      quick.detailed.value = false;
      clearDraft();
    });
    requestAnimationFrame(focusQuickAdd);
  }

  return (
    <form
      ref={form}
      class="card add"
      aria-label="New task"
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && !busy && close()}
    >
      <TitleField {...common} />
      <div class="grid two">
        <DueField {...common} />
        <ReminderField
          choice={reminder}
          optional
          due={dueKind(fields)}
          quiet={quietOf(reminder, fields)}
          error={error?.fields.reminder}
          onChange={choose}
        />
        <ReminderChannels choice={reminder} onChange={choose} />
        <PriorityField {...common} />
        <ListField {...common} />
        <DescriptionField {...common} />
      </div>
      <Alert>{message && `${message}${kept(failure.value)}`}</Alert>
      <div class="actions end">
        <button type="button" class="button quiet" onClick={close}>
          Cancel
        </button>
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Adding…" : "Add task"}
        </button>
      </div>
    </form>
  );
}

function choose(reminder: ReminderChoice) {
  draft.value = { ...draft.value, reminder: { ...reminder, touched: true } };
}

function quietOf(reminder: ReminderChoice, fields: TaskFields): string {
  const zone = session.zone.value;
  const moment = momentOf(reminder, dueHere(fields), zone);
  if (moment === null) return "";
  const channels = reminder.channels ?? usualChannels.value;
  return quietText(moment, channels, fields.priority, preferences.value, zone);
}

/** Where the next task is typed, in whichever form is shown. */
export function focusQuickAdd(): void {
  document.querySelector<HTMLElement>(".add [name=title], .add [name=quick]")?.focus();
}

function focusTitle(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>("[name=title]")?.focus();
}

/** What can be said without asking the server; the reminder to be made with the task. */
function checked(form: HTMLFormElement) {
  const fields = fieldsHere();
  if (!fields.title.trim()) throw invalid("title", "Enter a title.");
  if (unfinishedDate(form, "due")) throw invalid("due_at", "Finish the day and time, or clear it.");
  const zone = session.zone.value;
  const usual = usualChannels.value;
  const body = reminderOf(reminderHere(), { due: dueHere(fields), zone, now: Date.now(), usual });
  if (typeof body === "string") throw invalid("reminder", body);
  return body;
}

export function kept(failure: unknown): string {
  return failure instanceof ApiError && failure.status === 422 ? "" : " What you typed is kept.";
}
