/** Rules of repetition (RRULE, RFC 5545), as far as the editor can show them. */

import { toLocal } from "./time";
import type { Recurrence } from "./types";

/** What the next date is counted from. */
export type Anchor = Recurrence["anchor"];
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export type Unit = "day" | "week" | "month" | "year";

export type InMonth =
  | { kind: "day"; /** 1–31, or -1 for the last. */ day: number }
  | { kind: "weekday"; /** 1–5, or -1 for the last. */ nth: number; weekday: Weekday };
export type End =
  | { kind: "never" }
  | { kind: "on"; date: string }
  | { kind: "after"; times: number };

/** As much of a rule as the editor can show. What the due date says by itself may be absent. */
export interface Rule {
  every: number;
  unit: Unit;
  /** Of weeks; never empty once `filled`. */
  weekdays: Weekday[];
  inMonth: InMonth | null;
  inYear: { month: number; day: number } | null;
  /** In months without that day on their last one (RFC 7529); else those are left out. */
  lastIfShorter: boolean;
  /** The first day of a week, which matters when only each second one counts. */
  weekStart: Weekday;
  end: End;
}

const UNITS: Record<string, Unit> = {
  DAILY: "day",
  WEEKLY: "week",
  MONTHLY: "month",
  YEARLY: "year",
};
const FREQUENCIES = { day: "DAILY", week: "WEEKLY", month: "MONTHLY", year: "YEARLY" };
const KNOWN = /^(RSCALE|FREQ|INTERVAL|COUNT|UNTIL|BYMONTH|BYMONTHDAY|BYDAY|WKST|SKIP)$/;

export function newRule(unit: Unit, weekStart: Weekday = "MO"): Rule {
  return {
    every: 1,
    unit,
    weekdays: [],
    inMonth: null,
    inYear: null,
    lastIfShorter: false,
    weekStart,
    end: { kind: "never" },
  };
}

// --- reading a rule

/** Null for a rule that says more than the editor can show. */
export function parse(rrule: string, zone: string): Rule | null {
  const parts = partsOf(rrule);
  if (!parts || [...parts.keys()].some((key) => !KNOWN.test(key))) return null;
  const unit = UNITS[parts.get("FREQ") ?? ""];
  const every = wholeNumber(parts.get("INTERVAL") ?? "1");
  const weekStart = parts.get("WKST") ?? "MO";
  const end = endOf(parts, zone);
  if (!unit || !every || !isWeekday(weekStart) || !end) return null;
  const skip = `${parts.get("RSCALE") ?? "GREGORIAN"} ${parts.get("SKIP") ?? "OMIT"}`;
  const days = daysOf(unit, parts);
  if (!days || !/^GREGORIAN (OMIT|BACKWARD)$/.test(skip)) return null;
  return { every, unit, weekStart, end, lastIfShorter: skip.endsWith("BACKWARD"), ...days };
}

function partsOf(rrule: string): Map<string, string> | null {
  const parts = new Map<string, string>();
  for (const part of rrule.trim().toUpperCase().replace(/^RRULE:/, "").split(";")) {
    const [key, value, ...rest] = part.split("=");
    if (!key || !value || rest.length > 0 || parts.has(key)) return null;
    parts.set(key, value);
  }
  return parts;
}

export type Days = Pick<Rule, "weekdays" | "inMonth" | "inYear">;

function daysOf(unit: Unit, parts: Map<string, string>): Days | null {
  const none: Days = { weekdays: [], inMonth: null, inYear: null };
  const given = ["BYDAY", "BYMONTHDAY", "BYMONTH"].filter((key) => parts.has(key)).join("+");
  if (given === "") return none;
  if (unit === "week" && given === "BYDAY") {
    const weekdays = (parts.get("BYDAY") ?? "").split(",");
    return weekdays.every(isWeekday) ? { ...none, weekdays: inOrder(weekdays) } : null;
  }
  if (unit === "month" && given === "BYMONTHDAY") {
    const day = dayOfMonth(parts.get("BYMONTHDAY"));
    return day ? { ...none, inMonth: { kind: "day", day } } : null;
  }
  if (unit === "month" && given === "BYDAY") {
    const [, nth, weekday = ""] = /^([1-5]|-1)(\w\w)$/.exec(parts.get("BYDAY") ?? "") ?? [];
    if (!isWeekday(weekday)) return null;
    return { ...none, inMonth: { kind: "weekday", nth: Number(nth), weekday } };
  }
  if (unit === "year" && given === "BYMONTHDAY+BYMONTH") {
    const day = dayOfMonth(parts.get("BYMONTHDAY"));
    const month = wholeNumber(parts.get("BYMONTH") ?? "");
    return day && day > 0 && month && month <= 12 ? { ...none, inYear: { month, day } } : null;
  }
  return null;
}

function endOf(parts: Map<string, string>, zone: string): End | null {
  const count = parts.get("COUNT");
  const until = parts.get("UNTIL");
  if (count && until) return null;
  if (count) {
    const times = wholeNumber(count);
    return times ? { kind: "after", times } : null;
  }
  if (!until) return { kind: "never" };
  const found = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(until);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, utc] = found;
  const date = `${year}-${month}-${day}`;
  const instant = `${date}T${hour}:${minute}:${second}Z`;
  if (Number.isNaN(Date.parse(utc ? instant : date))) return null;
  return { kind: "on", date: utc ? toLocal(instant, zone).slice(0, 10) : date };
}

function wholeNumber(text: string): number | null {
  return /^[1-9]\d{0,4}$/.test(text) ? Number(text) : null;
}

function dayOfMonth(text = ""): number | null {
  return /^([1-9]|[12]\d|3[01]|-1)$/.test(text) ? Number(text) : null;
}

function isWeekday(text: string): text is Weekday {
  return (WEEKDAYS as readonly string[]).includes(text);
}

function inOrder(days: readonly Weekday[]): Weekday[] {
  return WEEKDAYS.filter((day) => days.includes(day));
}

// --- writing a rule

/** The day in each period is what `date` says, unless the rule says so itself. */
export function filled(rule: Rule, date: string): Rule {
  return {
    ...rule,
    weekdays: rule.weekdays.length ? rule.weekdays : [weekdayOf(date)],
    inMonth: rule.inMonth ?? { kind: "day", day: Number(date.slice(8)) },
    inYear: rule.inYear ?? { month: Number(date.slice(5, 7)), day: Number(date.slice(8)) },
  };
}

/** Whether there are months, or years, without the day of this rule. */
export function isOftenMissing({ unit, inMonth, inYear }: Rule): boolean {
  if (unit === "month") return inMonth?.kind === "day" && inMonth.day > 28;
  return unit === "year" && inYear?.month === 2 && inYear.day === 29;
}

/** In the order in which the API writes it too. */
export function written(rule: Rule): string {
  const { every, unit, end, inMonth, inYear } = rule;
  const parts = [`FREQ=${FREQUENCIES[unit]}`];
  if (every > 1) parts.push(`INTERVAL=${every}`);
  if (end.kind === "after") parts.push(`COUNT=${end.times}`);
  // A date: all of that day counts.
  if (end.kind === "on") parts.push(`UNTIL=${end.date.replaceAll("-", "")}`);
  if (unit === "week" && rule.weekdays.length) {
    parts.push(`BYDAY=${inOrder(rule.weekdays).join(",")}`);
    if (every > 1 && rule.weekStart !== "MO") parts.push(`WKST=${rule.weekStart}`);
  } else if (unit === "month" && inMonth?.kind === "day") {
    parts.push(`BYMONTHDAY=${inMonth.day}`);
  } else if (unit === "month" && inMonth?.kind === "weekday") {
    parts.push(`BYDAY=${inMonth.nth}${inMonth.weekday}`);
  } else if (unit === "year" && inYear) {
    parts.push(`BYMONTH=${inYear.month}`, `BYMONTHDAY=${inYear.day}`);
  }
  if (!rule.lastIfShorter || !isOftenMissing(rule)) return parts.join(";");
  return ["RSCALE=GREGORIAN", ...parts, "SKIP=BACKWARD"].join(";");
}

export function weekdayOf(date: string): Weekday {
  return WEEKDAYS[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7] as Weekday;
}
