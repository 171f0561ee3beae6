import { useId } from "preact/hooks";

import { preferences, usualChannels } from "../preferences";
import { OFFSETS, type ReminderChoice } from "../reminders";
import type { TaskFields } from "../taskForm";
import { offsetText } from "../time";
import { ChannelsField } from "./ChannelsField";
import { Field } from "./Field";

/** What a reminder is counted back from. */
type DueKind = "none" | "day" | "time";

function hintOf(due: DueKind): string | undefined {
  if (due === "none") return "Needs a due time.";
  return due === "day" ? `Counted from ${preferences.value.all_day_time} of that day.` : undefined;
}

export function dueKind({ due, allDay }: Pick<TaskFields, "due" | "allDay">): DueKind {
  if (!due) return "none";
  return allDay ? "day" : "time";
}

interface Props {
  choice: ReminderChoice;
  error?: string | undefined;
  due: DueKind;
  /** The choice "No reminder" makes no sense where one is added. */
  optional: boolean;
  /** What quiet hours make of it. */
  quiet: string;
  onChange: (choice: ReminderChoice) => void;
}

export function ReminderField({ choice, error, due, optional, quiet, onChange }: Props) {
  const counted = choice.kind !== "" && choice.kind !== "at";
  const hint = [counted && hintOf(due), quiet].filter(Boolean).join(" ");
  return (
    <Field label="Reminder" error={error} hint={hint}>
      {(control) => (
        <>
          <select
            {...control}
            class="input"
            name="reminder"
            value={choice.kind}
            onChange={(event) => onChange({ ...choice, kind: event.currentTarget.value })}
          >
            {optional && <option value="">No reminder</option>}
            {OFFSETS.map((minutes) => (
              <option key={minutes} value={minutes}>
                {offsetText(minutes)}
              </option>
            ))}
            <option value="custom">Other time before…</option>
            <option value="at">At a day and time…</option>
          </select>
          <Details choice={choice} onChange={onChange} />
        </>
      )}
    </Field>
  );
}

/** How a reminder comes; nothing without one. */
export function ReminderChannels({ choice, onChange }: Pick<Props, "choice" | "onChange">) {
  if (choice.kind === "") return null;
  return (
    <div class="wide">
      <ChannelsField
        legend="Remind me by"
        small
        chosen={choice.channels ?? usualChannels.value}
        onChange={(channels) => onChange({ ...choice, channels })}
      />
    </div>
  );
}

function Details({ choice, onChange }: Pick<Props, "choice" | "onChange">) {
  const id = useId();
  if (choice.kind === "custom") {
    return (
      <span class="inline">
        <input
          id={id}
          class="input short"
          type="number"
          min={0}
          step={1}
          inputMode="numeric"
          value={choice.minutes}
          onInput={(event) => onChange({ ...choice, minutes: event.currentTarget.value })}
        />
        <label for={id}>Minutes before</label>
      </span>
    );
  }
  if (choice.kind !== "at") return null;
  return (
    <input
      class="input"
      type="datetime-local"
      aria-label="Remind at"
      max="9999-12-31T23:59"
      value={choice.at}
      onInput={(event) => onChange({ ...choice, at: event.currentTarget.value })}
    />
  );
}
