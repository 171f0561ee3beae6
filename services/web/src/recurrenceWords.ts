/** Repeats in words: `every 2 weeks on Tue`. */

import type { Recurrence } from "./types";

const UNITS: Record<string, string> = {
  DAILY: "day",
  WEEKLY: "week",
  MONTHLY: "month",
  YEARLY: "year",
};
const DAYS: Record<string, string> = {
  MO: "Mon",
  TU: "Tue",
  WE: "Wed",
  TH: "Thu",
  FR: "Fri",
  SA: "Sat",
  SU: "Sun",
};
const MONTHS = "January February March April May June July August September October November December";
const WORKDAYS = "MO,TU,WE,TH,FR";
const WEEKEND = "SA,SU";

type Rule = Record<string, string>;

/**
 * What cannot be said shortly is called "on its own schedule". `minute` is that of the due time,
 * for rules that name only hours.
 */
export function recurrenceWords({ rrule, anchor }: Recurrence, minute = 0): string {
  const rule = parsed(rrule);
  const start = ruleWords(rule, rule.BYHOUR ? timesOf(rule, minute) : "");
  const words = [start, endWords(rule)].filter(Boolean).join(", ");
  return anchor === "completion" ? `${words}, after it is done` : words;
}

function parsed(rrule: string): Rule {
  const rule: Rule = {};
  for (const part of rrule.replace(/^RRULE:/i, "").split(";")) {
    const [key = "", value = ""] = part.toUpperCase().split("=");
    if (key) rule[key.trim()] = value.trim();
  }
  return rule;
}

function ruleWords(rule: Rule, times: string | null): string {
  const unit = UNITS[rule.FREQ ?? ""];
  const every = Number(rule.INTERVAL ?? 1);
  const odd = ["BYSECOND", "BYYEARDAY", "BYWEEKNO", "BYEASTER"];
  if (!unit || !Number.isInteger(every) || odd.some((key) => key in rule)) return OWN;
  const days = sorted(rule.BYDAY ?? "");
  if (times === null || ("BYMINUTE" in rule && !times)) return OWN;
  const at = times && `at ${times}`;
  const said = (...words: string[]) => [...words, at].filter(Boolean).join(" ");
  if (every === 1 && days === WORKDAYS && isPlain(rule, unit)) return said("every workday");
  if (every === 1 && days === WEEKEND && isPlain(rule, unit)) return said("every weekend day");
  const start = every === 1 ? `every ${unit}` : `every ${every} ${unit}s`;
  const on = onWords(rule, unit);
  return on === null ? OWN : said(start, on);
}

const MOST_TIMES = 6;

/** `09:00 and 17:00`; null when there are too many to be said, or they are no times. */
function timesOf(rule: Rule, minute: number): string | null {
  const minutes = (rule.BYMINUTE ?? String(minute)).split(",").map(Number);
  const hours = (rule.BYHOUR ?? "").split(",").map(Number);
  if (!areBelow(24, hours) || !areBelow(60, minutes)) return null;
  const times = hours.flatMap((hour) => minutes.map((one) => `${padded(hour)}:${padded(one)}`));
  return times.length > MOST_TIMES ? null : listed(times.toSorted().join(","), (time) => time);
}

function areBelow(most: number, numbers: number[]): boolean {
  return numbers.every((one) => Number.isInteger(one) && one >= 0 && one < most);
}

function padded(number: number): string {
  return String(number).padStart(2, "0");
}

const OWN = "on its own schedule";

function isPlain(rule: Rule, unit: string): boolean {
  const more = ["BYMONTHDAY", "BYMONTH", "BYSETPOS"].some((key) => key in rule);
  return !more && (unit === "week" || unit === "day");
}

/** Null: not to be said in a few words. */
function onWords(rule: Rule, unit: string): string | null {
  const months = listed(rule.BYMONTH, monthWord);
  const days = placedDays(rule);
  const dates = listed(rule.BYMONTHDAY, (day) => dateWord(Number(day)));
  if (months === null || days === null || dates === null) return null;
  if (days && dates) return null;
  const on = days ? `on ${days}` : dates ? `on the ${dates}` : "";
  if (unit === "year") {
    if (!on) return months && `in ${months}`;
    return months ? `${on} of ${months}` : on;
  }
  return [on, months && `in ${months}`].filter(Boolean).join(" ");
}

/** `Mon and Wed`, `the last Fri`, `the 1st workday`. */
function placedDays(rule: Rule): string | null {
  const days = sorted(rule.BYDAY ?? "");
  const place = rule.BYSETPOS;
  if (!place) return listed(days || undefined, dayWord);
  const nth = placeWord(Number(place));
  if (nth === null || days === "") return null;
  if (days === WORKDAYS) return `the ${nth} workday`;
  if (days === WEEKEND) return `the ${nth} weekend day`;
  if (days.split(",").length === 7) return `the ${nth} day`;
  return days in DAYS ? `the ${nth} ${DAYS[days]}` : null;
}

function dayWord(text: string): string | null {
  const [, place = "", day = ""] = /^([+-]?\d+)?([A-Z]{2})$/.exec(text) ?? [];
  const name = DAYS[day];
  if (!name) return null;
  if (!place) return name;
  const nth = placeWord(Number(place));
  return nth && `the ${nth} ${name}`;
}

function dateWord(day: number): string | null {
  return day < 0 ? (day === -1 ? "last day" : `${placeWord(day)} day`) : placeWord(day);
}

function monthWord(number: string): string | null {
  return MONTHS.split(" ")[Number(number) - 1] ?? null;
}

/** `1st`, `22nd`, `last`, `2nd last`. */
function placeWord(place: number): string | null {
  if (!Number.isInteger(place) || place === 0) return null;
  if (place === -1) return "last";
  const count = Math.abs(place);
  const tens = count % 100;
  const ending = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${ending}${place < 0 ? " last" : ""}`;
}

/** From Monday to Sunday, as far as they stand without a place in the month. */
function sorted(days: string): string {
  const order = Object.keys(DAYS);
  return days
    .split(",")
    .filter(Boolean)
    .toSorted((one, other) => order.indexOf(one) - order.indexOf(other))
    .join(",");
}

/** `a, b and c`; empty without any; null when one of them has no words. */
function listed(text: string | undefined, word: (one: string) => string | null): string | null {
  if (!text) return "";
  const words = text.split(",").map(word);
  if (words.some((one) => !one)) return null;
  const last = words.pop() ?? "";
  return words.length > 0 ? `${words.join(", ")} and ${last}` : last;
}

function endWords(rule: Rule): string {
  if (rule.COUNT) return rule.COUNT === "1" ? "once" : `${rule.COUNT} times`;
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)/.exec(rule.UNTIL ?? "") ?? [];
  if (!year || !month || !day) return "";
  return `until ${Number(day)} ${monthWord(month)?.slice(0, 3)} ${year}`;
}
