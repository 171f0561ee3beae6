/** Hours in which e-mail and push wait, and other times of day. */

import { dateIn, dayAfter, toInstant, toLocal } from "./time";
import type { Channel, Preferences, Priority } from "./types";

type Quiet = Pick<Preferences, "quiet_start" | "quiet_end">;

const HELD: Channel[] = ["email", "push"];

/** When what falls into the quiet hours goes out; null for what does not. `at` is an instant. */
export function heldUntil(at: string, { quiet_start, quiet_end }: Quiet, zone: string) {
  if (!quiet_start || !quiet_end) return null;
  const local = toLocal(at, zone);
  const [day, time] = [local.slice(0, 10), local.slice(11)];
  const overnight = quiet_start > quiet_end;
  const late = time >= quiet_start;
  const early = time < quiet_end;
  if (overnight ? !late && !early : !(late && early)) return null;
  return toInstant(`${overnight && late ? dayAfter(day, 1) : day}T${quiet_end}`, zone);
}

/** What to say of a reminder at this instant; "" when it comes as it should. */
export function quietText(
  at: string,
  channels: readonly Channel[],
  priority: Priority,
  quiet: Quiet,
  zone: string,
): string {
  const held = channels.filter((one) => HELD.includes(one));
  const until = heldUntil(at, quiet, zone);
  if (!until || held.length === 0 || priority === "urgent") return "";
  const time = toLocal(until, zone).slice(11);
  if (held.length === channels.length) return `Comes at ${time}, after your quiet hours.`;
  const names = held.map((one) => (one === "email" ? "E-mail" : "Push")).join(" and ");
  const come = held.length === 1 ? "comes" : "come";
  return `${names} ${come} at ${time}, after your quiet hours; the rest at once.`;
}

/** Tomorrow at a time of day, as an instant. */
export function tomorrowAt(time: string, zone: string, now: number): string {
  return toInstant(`${dayAfter(dateIn(zone, now), 1)}T${time}`, zone);
}
