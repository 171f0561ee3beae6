/** The choice of a reminder as it is made, and how reminders and deliveries read. */

import { uuid7 } from "./ids";
import { momentText, offsetText, spanText, toInstant } from "./time";
import type { Channel, Delivery, NewReminder, Reminder } from "./types";

export interface ReminderChoice {
  /** Made once for a choice, however often it has to be sent. */
  id: string;
  /** "" none · minutes before the due time · "custom" · "at" */
  kind: string;
  minutes: string;
  at: string;
}

export function choose(kind: string): ReminderChoice {
  return { id: uuid7(), kind, minutes: "15", at: "" };
}

export const OFFSETS = [0, 10, 30, 60, 1440];

/**
 * The body for the API; null without a reminder; a string says what is wrong. `due` is the instant
 * it is counted back from.
 */
export function reminderOf(
  choice: ReminderChoice,
  due: string | null,
  zone: string,
  now: number,
): NewReminder | string | null {
  if (choice.kind === "") return null;
  const common = { id: choice.id, channels: ["email"] satisfies Channel[] };
  if (choice.kind === "at") {
    if (!choice.at) return "Choose the day and time of the reminder.";
    const at = toInstant(choice.at, zone);
    return Date.parse(at) > now ? { ...common, at } : PAST;
  }
  const minutes = Number(choice.kind === "custom" ? choice.minutes || NaN : choice.kind);
  if (!Number.isInteger(minutes) || minutes < 0) return "Enter a whole number of minutes.";
  if (due === null) return "This reminder needs a due time.";
  const early = Date.parse(due) - minutes * 60_000;
  return early > now ? { ...common, offset_minutes: minutes } : PAST;
}

const PAST = "That moment has passed already. Choose a later one.";

export function reminderText(reminder: NewReminder | Reminder, zone: string, now: number): string {
  if ("offset_minutes" in reminder && reminder.offset_minutes !== null) {
    return offsetText(reminder.offset_minutes);
  }
  return "at" in reminder && reminder.at ? momentText(reminder.at, zone, now) : "Reminder";
}

/** What will become of it, as far as its deliveries do not tell. */
export function stateText(reminder: Reminder, zone: string, now: number): string {
  switch (reminder.state) {
    case "scheduled":
      return reminder.next_fire_at
        ? `Scheduled for ${momentText(reminder.next_fire_at, zone, now)}`
        : "Waits for a due time";
    case "snoozed":
      return reminder.next_fire_at
        ? `Snoozed until ${momentText(reminder.next_fire_at, zone, now)}`
        : "Snoozed";
    case "fired":
      return "Going out now";
    case "cancelled":
      return "Cancelled";
    default:
      return capitalised(reminder.state);
  }
}

const CHANNELS: Record<string, string> = { email: "e-mail", in_app: "the app" };

export function deliveryText(delivery: Delivery, zone: string, now: number): string {
  const by = `by ${CHANNELS[delivery.channel] ?? delivery.channel}`;
  const when = delivery.finished_at ?? delivery.started_at ?? delivery.planned_at;
  const at = when ? ` ${momentText(when, zone, now)}` : "";
  switch (delivery.state) {
    case "sent":
      return `Sent ${by}${at ? `:${at}` : ""}${lateText(delivery.late_seconds)}`;
    case "failed":
      return `Attempt ${delivery.attempt} ${by} failed${at ? `:${at}` : ""}`;
    case "planned":
      return `Waiting to be sent ${by}${at ? `, planned for${at}` : ""}`;
    case "sending":
      return `Being sent ${by}`;
    case "unknown":
      return `Attempt ${delivery.attempt} ${by} was cut off, so it is made again`;
    case "skipped":
      return `Not sent ${by}: no longer wanted`;
    default:
      return `${capitalised(delivery.state)} ${by}${at ? `:${at}` : ""}`;
  }
}

/** A minute of delay is nothing anybody needs to hear of. */
export function lateText(seconds: number | null): string {
  if (seconds === null) return "";
  return seconds < 60 ? ", on time" : `, ${spanText(seconds)} late`;
}

function capitalised(word: string): string {
  const text = word.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
