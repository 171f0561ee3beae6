/** What the links of reminders' mails can still do. */

import { tomorrowAt } from "./quietHours";
import { momentText, spanText } from "./time";
import type { LinkUsed, ReminderLink } from "./types";

const LATE_SECONDS = 60;

const OVER: Record<string, string> = {
  done: "This is done already.",
  moved_on: "This task repeats, and has moved on since: the mail was about an earlier time.",
  gone: "This task was deleted.",
};

/** Why nothing is left to be done; "" while something is. */
export function overText(state: string): string {
  return OVER[state] ?? "";
}

export function minutesUntilTomorrow(time: string, zone: string, now: number): number {
  return Math.ceil((Date.parse(tomorrowAt(time, zone, now)) - now) / 60_000);
}

/** What came of it. */
export function usedText({ outcome, title, snoozed_until }: LinkUsed, zone: string, now: number) {
  if (outcome === "already_done") return `“${title}” was done already.`;
  if (outcome === "done" || !snoozed_until) return `“${title}” is done.`;
  return `You are reminded of “${title}” again: ${momentText(snoozed_until, zone, now)}.`;
}

/** `The mail left 3 h late.`; "" when it was in time. */
export function lateText({ fire_at, sent_at }: Pick<ReminderLink, "fire_at" | "sent_at">): string {
  const seconds = (Date.parse(sent_at) - Date.parse(fire_at)) / 1000;
  return seconds >= LATE_SECONDS ? `The mail left ${spanText(seconds)} late.` : "";
}
