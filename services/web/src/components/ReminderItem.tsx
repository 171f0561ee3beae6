import { useSignal } from "@preact/signals";

import { removeReminder } from "../api";
import { now } from "../clock";
import { tell } from "../notices";
import { explain } from "../problem";
import { deliveryText, reminderText, stateText } from "../reminders";
import * as session from "../session";
import type { Delivery, Reminder } from "../types";
import { Icon } from "./Icon";

interface Props {
  reminder: Reminder;
  deliveries: Delivery[];
  onRemoved: () => Promise<void>;
}

export function ReminderItem({ reminder, deliveries, onRemoved }: Props) {
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);
  const zone = session.zone.value;
  const name = reminderText(reminder, zone, now.value);

  async function remove() {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await removeReminder(reminder.id);
      tell("Reminder removed.");
      await onRemoved();
    } catch (error) {
      failure.value = error;
      busy.value = false;
    }
  }

  return (
    <li class="reminder" aria-label={`Reminder ${name}`}>
      <Icon name="bell" />
      <div class="reminder-body">
        <strong>{name}</strong>
        {!(reminder.state === "fired" && deliveries.length > 0) && (
          <p class="muted">{stateText(reminder, zone, now.value)}</p>
        )}
        {deliveries.map((delivery) => (
          <p key={delivery.id} class="delivery">
            <span class={`dot ${delivery.state}`} />
            {deliveryText(delivery, zone, now.value)}
            {delivery.response && <span class="response">{delivery.response}</span>}
          </p>
        ))}
        {failure.value !== null && (
          <p class="field-error" role="alert">
            Not removed. {explain(failure.value)}
          </p>
        )}
      </div>
      <button
        type="button"
        class="button quiet small square"
        aria-label={`Remove reminder ${name}`}
        aria-disabled={busy.value}
        onClick={remove}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}
