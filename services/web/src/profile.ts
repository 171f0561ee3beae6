/** The profile as it is edited, and what of it has changed. */

import type { User, UserPatch } from "./types";

interface Profile {
  name: string;
  time_zone: string;
  locale: string;
  week_start: string;
}

export const WEEK_STARTS: [string, string][] = [
  ["monday", "Monday"],
  ["saturday", "Saturday"],
  ["sunday", "Sunday"],
];

export function profileOf(user: User): Profile {
  const { name, time_zone, locale, week_start } = user;
  return { name: name ?? "", time_zone, locale, week_start };
}

/** Only what was touched here, so that what another tab changed meanwhile stays. */
export function patchOf(before: Profile, typed: Profile): UserPatch {
  const trimmed = { ...typed, name: typed.name.trim() };
  const keys = Object.keys(before) as (keyof Profile)[];
  const changed = keys.filter((key) => trimmed[key] !== before[key]);
  // No name is null; nothing else is ever empty.
  return Object.fromEntries(changed.map((key) => [key, trimmed[key] || null]));
}

const LOCALES: [string, string][] = [
  ["en", "English, dates as on this device"],
  ["en-AU", "English (Australia)"],
  ["en-CA", "English (Canada)"],
  ["en-IN", "English (India)"],
  ["en-IE", "English (Ireland)"],
  ["en-NZ", "English (New Zealand)"],
  ["en-ZA", "English (South Africa)"],
  ["en-GB", "English (United Kingdom)"],
  ["en-US", "English (United States)"],
];

/** Those to choose from, and the one that was chosen elsewhere. */
export function localesWith(chosen: string): [string, string][] {
  const known = LOCALES.some(([locale]) => locale === chosen);
  return known ? LOCALES : [...LOCALES, [chosen, `${chosen} (not spoken here yet)`]];
}
