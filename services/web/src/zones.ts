/** The time zones to choose from, and looking for one. */

import { offsetAt } from "./time";

/** All this browser knows, and those named: it may know them by another name only. */
export function allZones(...named: string[]): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return [...new Set([...known, "UTC", ...named])].toSorted();
}

/** Those with every word of the text in their name, as `new york` in `America/New_York`. */
export function matching(zones: string[], text: string): string[] {
  const words = plain(text).split(" ").filter(Boolean);
  return zones.filter((zone) => words.every((word) => plain(zone).includes(word)));
}

/** The zone somebody typed in full, whatever the case. */
export function zoneNamed(zones: string[], text: string): string | undefined {
  return zones.find((zone) => plain(zone) === plain(text));
}

export function readableZone(zone: string): string {
  return zone.replaceAll("_", " ");
}

/** `UTC+02:00`; `UTC` itself without figures. */
export function offsetLabel(zone: string, now: number): string {
  const minutes = Math.round(offsetAt(zone, now) / 60_000);
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const sign = minutes < 0 ? "−" : "+";
  return `UTC${sign}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[_/,]+/g, " ")
    .trim()
    .toLowerCase();
}
