/** Rules that a due date suggests, and what becomes of a rule when the due date moves. */

import {
  filled,
  newRule,
  parse,
  weekdayOf,
  written,
  type Days,
  type Weekday,
} from "./recurrence";
import { repeatText } from "./recurrenceText";

const WORKDAYS: Weekday[] = ["MO", "TU", "WE", "TH", "FR"];

/** How a date says which day of a month it is, and what comes nearest where it does not. */
const NEAREST = {
  day: ["day"],
  nth: ["nth", "last"],
  last: ["last", "nth"],
  end: ["end", "day"],
} as const;

type Way = Days & { kind: keyof typeof NEAREST };

/** What most people want, for a task that is due on this date. */
export function presets(date: string): [rrule: string, label: string][] {
  const rules = [
    newRule("day"),
    { ...newRule("week"), weekdays: WORKDAYS },
    filled(newRule("week"), date),
    ...waysOf(date).map(({ inMonth }) => ({ ...newRule("month"), inMonth })),
    filled(newRule("year"), date),
  ];
  return rules.map(written).map((rrule) => [rrule, repeatText(rrule)]);
}

/**
 * The same rule for another due date: every Friday becomes every Saturday when the day moves
 * there. Days that were chosen apart from the due date stay.
 */
export function rebased(rrule: string, from: string, to: string, zone: string): string {
  const rule = parse(rrule, zone);
  if (!rule) return rrule;
  const before = written(filled(rule, from));
  const way = waysOf(from).find((one) => written({ ...rule, ...one }) === before);
  if (!way) return rrule;
  const there = waysOf(to);
  const nearest = NEAREST[way.kind]
    .map((kind) => there.find((one) => one.kind === kind))
    .find(Boolean);
  return written({ ...rule, ...nearest });
}

function waysOf(date: string): Way[] {
  const month = Number(date.slice(5, 7));
  const day = Number(date.slice(8));
  const length = new Date(Date.UTC(Number(date.slice(0, 4)), month, 0)).getUTCDate();
  const weekday = weekdayOf(date);
  const nth = Math.ceil(day / 7);
  const common = { weekdays: [weekday], inYear: { month, day } };
  const ways: Way[] = [{ ...common, kind: "day", inMonth: { kind: "day", day } }];
  if (day === length) ways.push({ ...common, kind: "end", inMonth: { kind: "day", day: -1 } });
  // Few months have a fifth Friday: then the last one is meant.
  if (nth < 5) ways.push({ ...common, kind: "nth", inMonth: { kind: "weekday", nth, weekday } });
  if (day + 7 > length) {
    ways.push({ ...common, kind: "last", inMonth: { kind: "weekday", nth: -1, weekday } });
  }
  return ways;
}
