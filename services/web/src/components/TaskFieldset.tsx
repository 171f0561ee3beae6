import { inbox, listOf, openLists } from "../lists";
import type { ApiError } from "../problem";
import { PRIORITIES, withAllDay, type TaskFields } from "../taskForm";
import type { Priority } from "../types";
import { Field } from "./Field";

/** What fields hold in a newer version of a task, where that is not what was typed. */
export type Elsewhere = Partial<
  Record<"title" | "description" | "priority" | "due" | "list" | "start" | "repeat", string>
>;

interface Props {
  fields: TaskFields;
  error: ApiError | null;
  elsewhere?: Elsewhere;
  onChange: (fields: TaskFields) => void;
}

export const TASK_FIELDS = [
  "title",
  "description",
  "priority",
  "due_at",
  "due_date",
  "list_id",
  "labels",
  "start_date",
  "recurrence",
  "recurrence.rrule",
  "recurrence.anchor",
];

export function TitleField({ fields, error, elsewhere, onChange }: Props) {
  return (
    <Field label="Title" class="grow" error={error?.fields.title} hint={hint(elsewhere?.title)}>
      {(control) => (
        <input
          {...control}
          class="input"
          name="title"
          autocomplete="off"
          enterkeyhint="done"
          maxLength={200}
          placeholder="What is to be done?"
          value={fields.title}
          onInput={(event) => onChange({ ...fields, title: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

export function DueField({ fields, error, elsewhere, onChange }: Props) {
  const wrong = error?.fields.due_at ?? error?.fields.due_date;
  return (
    <Field label="Due" note="optional" error={wrong} hint={hint(elsewhere?.due)}>
      {(control) => (
        <>
          <input
            {...control}
            // Another type of input must be another element, or its half-typed value stays.
            key={String(fields.allDay)}
            class="input"
            name="due"
            type={fields.allDay ? "date" : "datetime-local"}
            max={fields.allDay ? "9999-12-31" : "9999-12-31T23:59"}
            value={fields.due}
            onInput={(event) => onChange({ ...fields, due: event.currentTarget.value })}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={fields.allDay}
              onChange={(event) => onChange(withAllDay(fields, event.currentTarget.checked))}
            />
            All day
          </label>
        </>
      )}
    </Field>
  );
}

export function PriorityField({ fields, error, elsewhere, onChange }: Props) {
  return (
    <Field label="Priority" error={error?.fields.priority} hint={hint(elsewhere?.priority)}>
      {(control) => (
        <select
          {...control}
          class="input"
          name="priority"
          value={fields.priority}
          onChange={(event) =>
            onChange({ ...fields, priority: event.currentTarget.value as Priority })
          }
        >
          {PRIORITIES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function StartField({ fields, error, elsewhere, onChange }: Props) {
  return (
    <Field
      label="Start"
      note="optional"
      error={error?.fields.start_date}
      hint={hint(elsewhere?.start)}
    >
      {(control) => (
        <input
          {...control}
          class="input"
          name="start"
          type="date"
          max="9999-12-31"
          value={fields.start}
          onInput={(event) => onChange({ ...fields, start: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

/** Archived lists take no tasks; one that is in such a list may stay. */
export function ListField({ fields, error, elsewhere, onChange, note }: Props & { note?: string }) {
  const current = listOf(fields.listId);
  const choices = current?.archived ? [current, ...openLists.value] : openLists.value;
  return (
    <Field label="List" error={error?.fields.list_id} hint={hint(elsewhere?.list) ?? note}>
      {(control) => (
        <select
          {...control}
          class="input"
          name="list"
          value={fields.listId || inbox.value?.id}
          onChange={(event) => onChange({ ...fields, listId: event.currentTarget.value })}
        >
          {choices.length === 0 && <option value={fields.listId}>Loading…</option>}
          {choices.map(({ id, name, archived }) => (
            <option key={id} value={id}>
              {name}
              {archived && " (archived)"}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function DescriptionField({ fields, error, elsewhere, onChange }: Props) {
  return (
    <Field
      label="Description"
      note="optional"
      class="wide"
      error={error?.fields.description}
      hint={hint(elsewhere?.description)}
    >
      {(control) => (
        <textarea
          {...control}
          class="input"
          name="description"
          rows={2}
          maxLength={10_000}
          value={fields.description}
          onInput={(event) => onChange({ ...fields, description: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

function hint(elsewhere: string | undefined): string | undefined {
  return elsewhere === undefined ? undefined : `Elsewhere: ${elsewhere || "(empty)"}`;
}
