import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import * as api from "../api";
import { ensure } from "../preferences";
import { explain } from "../problem";
import type { Delivery, Reminder, Task } from "../types";
import { AddReminder } from "./AddReminder";
import { Alert } from "./Alert";
import { Icon } from "./Icon";
import { ReminderItem } from "./ReminderItem";
import { useLive } from "./useLive";

interface Props {
  task: Task;
  onChanged: () => Promise<void>;
}

/** Should no news come through. */
const LOOK_AGAIN_MS = 20_000;

/** The reminders of a task, what became of each, and a form for one more. */
export function Reminders({ task, onChanged }: Props) {
  const list = useSignal<[Reminder, Delivery[]][] | null>(null);
  const failure = useSignal<unknown>(null);

  async function look() {
    try {
      const { items } = await api.listReminders(task.id);
      const deliveries = await Promise.all(items.map(({ id }) => api.listDeliveries(id)));
      list.value = items.map((item, index) => [item, deliveries[index]?.items ?? []]);
      failure.value = null;
    } catch (error) {
      failure.value = error;
    }
  }

  useEffect(() => void ensure(), []);
  useEffect(() => {
    void look();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && list.peek()?.length) void look();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [task.id, task.version]);
  useLive(["reminder", "delivery"], () => void look());

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
            task={task}
            reminder={reminder}
            deliveries={deliveries}
            onChanged={changed}
          />
        ))}
      </ul>
      <AddReminder task={task} onAdded={changed} />
    </section>
  );
}
