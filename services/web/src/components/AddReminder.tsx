import { useSignal } from "@preact/signals";

import * as api from "../api";
import { uuid7 } from "../ids";
import { tell } from "../notices";
import { preferences, usualChannels } from "../preferences";
import { quietText } from "../quietHours";
import { choose, momentOf, reminderOf } from "../reminders";
import * as session from "../session";
import { dueInstant, fieldsOf } from "../taskForm";
import { knownZone } from "../time";
import type { Task } from "../types";
import { Alert } from "./Alert";
import { invalid } from "./forms";
import { dueKind, ReminderChannels, ReminderField } from "./ReminderField";
import { useSubmit } from "./useSubmit";

/** "reminder" is ours, the others are the API's names for it. */
const FIELDS = ["reminder", "offset_minutes", "at"];

export function AddReminder({ task, onAdded }: { task: Task; onAdded: () => Promise<void> }) {
  const fields = fieldsOf(task, knownZone(task.time_zone));
  const first = fields.due ? "30" : "at";
  const choice = useSignal(choose(first));
  const zone = session.zone.value;
  const usual = usualChannels.value;
  const due = dueInstant(fields, knownZone(task.time_zone), preferences.value.all_day_time);
  const { busy, error, message, submit } = useSubmit(FIELDS, async () => {
    const body = reminderOf(choice.value, { due, zone, now: Date.now(), usual });
    if (typeof body === "string") throw invalid("reminder", body);
    if (!body) return;
    await api.createReminder(task.id, body);
    choice.value = choose(first);
    tell("Reminder added.");
    await onAdded();
  });
  const wrong = FIELDS.map((field) => error?.fields[field]).find(Boolean);
  const moment = momentOf(choice.value, due, zone);
  const channels = choice.value.channels ?? usual;
  const quiet = moment && quietText(moment, channels, task.priority, preferences.value, zone);
  const change = (changed: typeof choice.value) => (choice.value = { ...changed, id: uuid7() });
  return (
    <form class="add-reminder" aria-label="New reminder" noValidate onSubmit={submit}>
      <ReminderField
        choice={choice.value}
        optional={false}
        due={dueKind(fields)}
        quiet={quiet ?? ""}
        error={wrong}
        onChange={change}
      />
      <ReminderChannels choice={choice.value} onChange={change} />
      <button type="submit" class="button" aria-disabled={busy}>
        {busy ? "Adding…" : "Add reminder"}
      </button>
      <Alert>{message}</Alert>
    </form>
  );
}
