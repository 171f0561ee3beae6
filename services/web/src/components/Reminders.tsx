import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import * as api from "../api";
import { uuid7 } from "../ids";
import { tell } from "../notices";
import { explain } from "../problem";
import { choose, reminderOf } from "../reminders";
import * as session from "../session";
import { dueInstant, fieldsOf } from "../taskForm";
import { knownZone } from "../time";
import type { Delivery, Reminder, Task } from "../types";
import { Alert } from "./Alert";
import { invalid } from "./forms";
import { Icon } from "./Icon";
import { dueKind, ReminderField } from "./ReminderField";
import { ReminderItem } from "./ReminderItem";
import { useSubmit } from "./useSubmit";

interface Props {
  task: Task;
  onChanged: () => Promise<void>;
}

/** "reminder" is ours, the others are the API's names for it. */
const FIELDS = ["reminder", "offset_minutes", "at"];
const LOOK_AGAIN_MS = 10_000;

/** The reminders of a task, what became of each, and a form for one more. */
export function Reminders({ task, onChanged }: Props) {
  const list = useSignal<[Reminder, Delivery[]][] | null>(null);
  const failure = useSignal<unknown>(null);

  async function look() {
    try {
      const { items } = await api.listReminders(task.id);
      const deliveries = await Promise.all(items.map(({ id }) => api.listDeliveries(id)));
      // They come newest first; a story reads the other way.
      list.value = items.map((item, index) => [item, deliveries[index]?.items.toReversed() ?? []]);
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  }

  useEffect(() => {
    void look();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && list.peek()?.length) void look();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [task.id, task.version]);

  async function changed() {
    await look();
    await onChanged();
  }

  return (
    <section class="reminders" aria-labelledby="reminders-title">
      <div class="list-head">
        <h3 id="reminders-title">Reminders</h3>
        <button
          type="button"
          class="button quiet small square"
          aria-label="Refresh reminders"
          onClick={look}
        >
          <Icon name="refresh" />
        </button>
      </div>
      <Alert>{failure.value ? explain(failure.value) : null}</Alert>
      {list.value === null && !failure.value && <p class="muted">Loading…</p>}
      {list.value?.length === 0 && <p class="muted">No reminders.</p>}
      <ul class="plain">
        {list.value?.map(([reminder, deliveries]) => (
          <ReminderItem
            key={reminder.id}
            reminder={reminder}
            deliveries={deliveries}
            onRemoved={changed}
          />
        ))}
      </ul>
      <AddReminder task={task} onAdded={changed} />
    </section>
  );
}

function AddReminder({ task, onAdded }: { task: Task; onAdded: () => Promise<void> }) {
  const fields = fieldsOf(task, knownZone(task.time_zone));
  const first = fields.due ? "30" : "at";
  const choice = useSignal(choose(first));
  const { busy, error, message, submit } = useSubmit(FIELDS, async () => {
    const due = dueInstant(fields, knownZone(task.time_zone));
    const body = reminderOf(choice.value, due, session.zone.value, Date.now());
    if (typeof body === "string") throw invalid("reminder", body);
    if (!body) return;
    await api.createReminder(task.id, body);
    choice.value = choose(first);
    tell("Reminder added.");
    await onAdded();
  });
  const wrong = FIELDS.map((field) => error?.fields[field]).find(Boolean);
  return (
    <form class="add-reminder" aria-label="New reminder" noValidate onSubmit={submit}>
      <ReminderField
        choice={choice.value}
        optional={false}
        due={dueKind(fields)}
        error={wrong}
        onChange={(changed) => (choice.value = { ...changed, id: uuid7() })}
      />
      <button type="submit" class="button" aria-disabled={busy}>
        {busy ? "Adding…" : "Add reminder"}
      </button>
      <Alert>{message}</Alert>
    </form>
  );
}
