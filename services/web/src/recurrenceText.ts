/** How the parts of a rule of repetition read. */

import { WEEKDAYS, type Weekday } from "./recurrence";
import { recurrenceWords } from "./recurrenceWords";

const NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = (
  "January February March April May June July August September October November December"
).split(" ");

export const NTHS: [nth: number, word: string][] = [
  [1, "first"],
  [2, "second"],
  [3, "third"],
  [4, "fourth"],
  [5, "fifth"],
  [-1, "last"],
];

export function weekdayName(day: Weekday): string {
  return NAMES[WEEKDAYS.indexOf(day)] ?? day;
}

export function monthName(month: number): string {
  return MONTHS[month - 1] ?? String(month);
}

export function ordinal(number: number): string {
  const teen = number % 100 > 10 && number % 100 < 14;
  return `${number}${(teen ? "" : ["", "st", "nd", "rd"][number % 10]) || "th"}`;
}

/** `Every 2 weeks on Mon and Fri`. */
export function repeatText(rrule: string): string {
  const words = recurrenceWords({ rrule, anchor: "schedule" });
  return words.charAt(0).toUpperCase() + words.slice(1);
}
