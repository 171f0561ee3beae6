/** The choice of a reminder as it is made, and how reminders read. */

import { uuid7 } from "./ids";
import { momentText, offsetText, toInstant } from "./time";
import type { Channel, NewReminder, Preferences, Reminder } from "./types";

export interface ReminderChoice {
  /** Made once for a choice, however often it has to be sent. */
  id: string;
  /** "" none · minutes before the due time · "custom" · "at" */
  kind: string;
  minutes: string;
  at: string;
  /** Null: the usual ones. */
  channels: Channel[] | null;
  /** Somebody has chosen; until then it is what new tasks start from. */
  touched: boolean;
}

export function choose(kind: string): ReminderChoice {
  return { id: uuid7(), kind, minutes: "15", at: "", channels: null, touched: false };
}

export const OFFSETS = [0, 5, 10, 15, 30, 60, 1440];

/** What is chosen, or else the usual reminder of a task that is due at a time still to come. */
export function orUsual(
  choice: ReminderChoice,
  due: string | null,
  { default_reminder_minutes: usual }: Pick<Preferences, "default_reminder_minutes">,
  now: number,
): ReminderChoice {
  if (choice.touched || due === null || usual === null) return choice;
  if (Date.parse(due) - usual * 60_000 <= now) return choice;
  const kind = OFFSETS.includes(usual) ? String(usual) : "custom";
  return { ...choice, kind, minutes: String(usual) };
}

/** When it would come; null as long as that cannot be said. `due` is what it counts back from. */
export function momentOf(choice: ReminderChoice, due: string | null, zone: string): string | null {
  if (choice.kind === "") return null;
  if (choice.kind === "at") return choice.at ? toInstant(choice.at, zone) : null;
  const minutes = minutesOf(choice);
  if (minutes === null || due === null) return null;
  return new Date(Date.parse(due) - minutes * 60_000).toISOString();
}

function minutesOf(choice: ReminderChoice): number | null {
  const minutes = Number(choice.kind === "custom" ? choice.minutes || NaN : choice.kind);
  return Number.isInteger(minutes) && minutes >= 0 ? minutes : null;
}

interface Situation {
  due: string | null;
  zone: string;
  now: number;
  /** The channels of a choice that names none. */
  usual: Channel[];
}

/** The body for the API; null without a reminder; a string says what is wrong. */
export function reminderOf(
  choice: ReminderChoice,
  { due, zone, now, usual }: Situation,
): NewReminder | string | null {
  if (choice.kind === "") return null;
  const common = { id: choice.id, channels: choice.channels ?? usual };
  if (common.channels.length === 0) return "Choose at least one way to be reminded.";
  const moment = momentOf(choice, due, zone);
  if (choice.kind === "at") {
    if (moment === null) return "Choose the day and time of the reminder.";
    return Date.parse(moment) > now ? { ...common, at: moment } : PAST;
  }
  const minutes = minutesOf(choice);
  if (minutes === null) return "Enter a whole number of minutes.";
  if (moment === null) return "This reminder needs a due time.";
  return Date.parse(moment) > now ? { ...common, offset_minutes: minutes } : PAST;
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
  const until = reminder.snoozed_until ?? reminder.next_fire_at;
  switch (reminder.state) {
    case "scheduled":
      return reminder.next_fire_at
        ? `Scheduled for ${momentText(reminder.next_fire_at, zone, now)}`
        : "Waits for a due time";
    case "snoozed":
      return until ? `Snoozed until ${momentText(until, zone, now)}` : "Snoozed";
    case "fired":
      return "Going out now";
    case "cancelled":
      return "Cancelled";
    default:
      return capitalised(reminder.state);
  }
}

/** Something is left that can be put off. */
export function canSnooze({ state, next_fire_at }: Reminder, completed: boolean): boolean {
  if (completed) return false;
  return state === "scheduled" ? next_fire_at !== null : ["fired", "snoozed"].includes(state);
}

function capitalised(word: string): string {
  const text = word.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
