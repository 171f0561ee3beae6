import { useSignal } from "@preact/signals";

import { completeTask, removeReminder, updateReminder } from "../api";
import { now } from "../clock";
import { tell } from "../notices";
import { snooze } from "../notifying";
import { channelName, preferences } from "../preferences";
import { quietText, tomorrowAt } from "../quietHours";
import { canSnooze, reminderText, stateText } from "../reminders";
import * as session from "../session";
import { settle } from "../tasks";
import { dueText, momentText } from "../time";
import type { Channel, Delivery, Reminder, Snooze, Task } from "../types";
import { Deliveries } from "./Deliveries";
import { Icon } from "./Icon";
import { Menu, type MenuItem } from "./Menu";
import { ChangeChannels, SnoozeUntil } from "./ReminderForms";
import { useAction } from "./useAction";

interface Props {
  task: Task;
  reminder: Reminder;
  deliveries: Delivery[];
  onChanged: () => Promise<void>;
}

export function ReminderItem({ task, reminder, deliveries, onChanged }: Props) {
  const form = useSignal<"" | "snooze" | "channels">("");
  const zone = session.zone.value;
  const name = reminderText(reminder, zone, now.value);
  const close = () => (form.value = "");
  const { busy, message, run } = useAction(async (work: () => Promise<void>) => {
    await work();
    close();
    await onChanged();
  });
  const remove = () =>
    run(async () => {
      await removeReminder(reminder.id);
      tell("Reminder removed.");
    });
  const putOff = (until: Snooze) =>
    run(async () => {
      const { snoozed_until, next_fire_at } = await snooze(reminder.id, until);
      const at = snoozed_until ?? next_fire_at;
      tell(at ? `Snoozed until ${momentText(at, zone, Date.now())}.` : "Snoozed.");
    });
  const complete = () =>
    run(async () => {
      const saved = await completeTask(task.id, true, { occurrence: task.occurrence });
      settle(saved);
      const next = saved.completed ? "" : ` Next: ${dueText(saved, zone, Date.now())}.`;
      tell(`Done: “${task.title}”.${next}`);
    });
  const change = (channels: Channel[]) =>
    run(async () => {
      await updateReminder(reminder.id, { channels });
      tell("Saved how you are reminded.");
    });

  return (
    <li class="reminder" aria-label={`Reminder ${name}`}>
      <Icon name="bell" />
      <div class="reminder-body">
        <div class="reminder-head">
          <div>
            <strong>{name}</strong>
            <State task={task} reminder={reminder} told={deliveries.length > 0} />
            <p class="muted">
              {reminder.channels.map(channelName).join(", ")}
              {reminder.state !== "cancelled" && (
                <>
                  {" · "}
                  <button
                    type="button"
                    class="link"
                    aria-label={`Change how reminder ${name} comes`}
                    onClick={() => (form.value = form.value === "channels" ? "" : "channels")}
                  >
                    Change
                  </button>
                </>
              )}
            </p>
          </div>
          <div class="actions">
            {canDo(task, reminder) && (
              <button
                type="button"
                class="button small"
                aria-label={`Done: ${task.title}`}
                aria-disabled={busy}
                onClick={() => void complete()}
              >
                Done
              </button>
            )}
            {canSnooze(reminder, task.completed) && (
              <Menu
                label="Snooze"
                worded
                items={snoozes(putOff, () => (form.value = "snooze"), zone)}
              />
            )}
          </div>
        </div>
        {form.value === "snooze" && (
          <SnoozeUntil busy={busy} onChosen={(until) => void putOff({ until })} onCancel={close} />
        )}
        {form.value === "channels" && (
          <ChangeChannels
            chosen={reminder.channels}
            busy={busy}
            onChosen={(channels) => void change(channels)}
            onCancel={close}
          />
        )}
        <Deliveries deliveries={deliveries} />
        {message && (
          <p class="field-error" role="alert">
            {message}
          </p>
        )}
      </div>
      <button
        type="button"
        class="button quiet small square"
        aria-label={`Remove reminder ${name}`}
        aria-disabled={busy}
        onClick={() => void remove()}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

interface StateProps {
  task: Task;
  reminder: Reminder;
  /** Its deliveries tell what became of it. */
  told: boolean;
}

function State({ task, reminder, told }: StateProps) {
  const zone = session.zone.value;
  if (reminder.state === "fired" && told) return null;
  const { next_fire_at: at, channels } = reminder;
  const quiet = at && quietText(at, channels, task.priority, preferences.value, zone);
  return (
    <p class="muted">
      {stateText(reminder, zone, now.value)}
      {quiet && <span class="quiet-hint">. {quiet}</span>}
    </p>
  );
}

/** It came, and the task is still open. */
function canDo(task: Task, { state }: Reminder): boolean {
  return !task.completed && (state === "fired" || state === "snoozed");
}

function snoozes(
  putOff: (until: Snooze) => Promise<void>,
  ownTime: () => void,
  zone: string,
): MenuItem[] {
  const morning = preferences.value.all_day_time;
  const tomorrow = () => tomorrowAt(morning, zone, Date.now());
  return [
    { label: "10 minutes", run: () => void putOff({ minutes: 10 }) },
    { label: "1 hour", run: () => void putOff({ minutes: 60 }) },
    { label: `Tomorrow at ${morning}`, run: () => void putOff({ until: tomorrow() }) },
    { label: "Own time…", run: ownTime },
  ];
}
