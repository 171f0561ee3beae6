/**
 * Wall-clock times of a zone, instants, and how they read. Instants are ISO 8601 with Z;
 * wall-clock times are the values of date inputs: `2026-03-29` and `2026-03-29T09:00`.
 */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export function deviceZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && zone !== "Etc/Unknown" ? zone : "UTC";
}

/** Zones have many names: these two show the same time, all through the coming year. */
export function sameClocks(one: string, other: string, now: number): boolean {
  const weeks = Array.from({ length: 53 }, (_, week) => now + week * 7 * DAY);
  return one === other || weeks.every((at) => offsetAt(one, at) === offsetAt(other, at));
}

/** The zone itself if this browser knows it, else the device's. */
export function knownZone(zone: string | undefined): string {
  if (!zone) return deviceZone();
  try {
    clock(zone);
    return zone;
  } catch {
    return deviceZone();
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  let found = clocks.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    clocks.set(zone, found);
  }
  return found;
}

/** How far the zone's clocks are ahead of UTC at that instant, in milliseconds. */
export function offsetAt(zone: string, instant: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clock(zone).formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(instant / 1000) * 1000;
}

/** A time the clocks skip moves forward; of a time they show twice, the first. */
export function toInstant(local: string, zone: string): string {
  const wall = Date.parse(`${local}Z`);
  const before = offsetAt(zone, wall - DAY);
  const after = offsetAt(zone, wall + DAY);
  const first = wall - before;
  const second = wall - after;
  const skipsBefore = offsetAt(zone, first) !== before;
  const chosen = skipsBefore && offsetAt(zone, second) === after ? second : first;
  return new Date(chosen).toISOString().replace(".000Z", "Z");
}

export function toLocal(instant: string | number, zone: string): string {
  const at = typeof instant === "number" ? instant : Date.parse(instant);
  return new Date(at + offsetAt(zone, at)).toISOString().slice(0, 16);
}

export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

export function dateIn(zone: string, instant: number): string {
  return toLocal(instant, zone).slice(0, 10);
}

interface Due {
  completed: boolean;
  due_at: string | null;
  due_date: string | null;
}

/** As the API's `overdue`, but true by itself as time goes by. `zone` is the viewer's. */
export function isOverdue(task: Due, zone: string, now: number): boolean {
  if (task.completed) return false;
  if (task.due_at) return Date.parse(task.due_at) < now;
  return task.due_date !== null && task.due_date < dateIn(zone, now);
}

/** `Today, 18:00`, `Tomorrow`, `Fri 3 Apr, 09:00`; empty without a due time. */
export function dueText(
  task: Pick<Due, "due_at" | "due_date">,
  zone: string,
  now: number,
  locale = readable(),
): string {
  if (task.due_at) return momentText(task.due_at, zone, now, locale);
  return task.due_date ? dayText(task.due_date, dateIn(zone, now), locale) : "";
}

export function momentText(
  instant: string,
  zone: string,
  now: number,
  locale = readable(),
): string {
  const at = Date.parse(instant);
  const day = dayText(dateIn(zone, at), dateIn(zone, now), locale);
  const time = new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
  });
  return `${day}, ${time.format(at)}`;
}

/** `09:00:02` */
export function clockText(instant: string, zone: string, locale = readable()): string {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return new Intl.DateTimeFormat(locale, { timeZone: zone, ...parts }).format(Date.parse(instant));
}

function dayText(date: string, today: string, locale: string): string {
  const day = Date.parse(`${date}T00:00:00Z`);
  const distance = Math.round((day - Date.parse(`${today}T00:00:00Z`)) / DAY);
  if (distance === 0) return "Today";
  if (distance === 1) return "Tomorrow";
  if (distance === -1) return "Yesterday";
  return new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(date.slice(0, 4) === today.slice(0, 4) ? {} : { year: "numeric" }),
  }).format(day);
}

/** The user's choice of a kind of English; "" leaves it to the browser. */
let chosen = "";

export function writeDatesAs(locale: string): void {
  chosen = locale.startsWith("en-") && isLocale(locale) ? locale : "";
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

/** The page speaks English: with the person's own habits if theirs is a kind of English. */
function readable(): string {
  const wanted = chosen || (globalThis.navigator?.language ?? "");
  return wanted.startsWith("en") ? wanted : "en-GB";
}

/** `just now`, `5 min ago`, then the day and time. */
export function agoText(instant: string, zone: string, now: number): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  // A clock that is a little ahead of ours is no reason to name the time.
  if (seconds < 60 && seconds > -300) return "just now";
  if (seconds < 3600 && seconds > 0) return `${spanText(seconds)} ago`;
  return momentText(instant, zone, now);
}

/** `Today`, `Tomorrow`, `Fri 3 Apr`: the day of an instant. */
export function dayOf(instant: string, zone: string, now: number): string {
  return dayText(dateIn(zone, Date.parse(instant)), dateIn(zone, now), readable());
}

/** `40 s`, `3 min`, `2 h 5 min`, `3 days`. */
export function spanText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

/** `30 minutes before`, `1 day before`, `At the due time`. */
export function offsetText(minutes: number): string {
  if (minutes === 0) return "At the due time";
  if (minutes % 1440 === 0) return `${counted(minutes / 1440, "day")} before`;
  if (minutes % 60 === 0) return `${counted(minutes / 60, "hour")} before`;
  return `${counted(minutes, "minute")} before`;
}

export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
