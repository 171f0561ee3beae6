/** The figures of the administration, as they are shown. */

import { spanText } from "./time";
import type { Figures } from "./types";

interface Group {
  title: string;
  rows: [label: string, value: string][];
}

const TITLES: Record<string, string> = {
  users: "Accounts",
  api_tokens: "API tokens",
  deliveries_24h: "Deliveries, last 24 hours",
  dead_jobs: "Dead jobs, by kind",
  oldest_due_job_seconds: "Oldest job that is due waits",
  oldest_undelivered_seconds: "Oldest reminder not delivered waits",
};
const OTHERS = "Also";

/** Each group as the API has it; what stands alone comes together at the end. */
export function groupsOf(figures: Figures): Group[] {
  const groups: Group[] = [];
  const alone: Group["rows"] = [];
  for (const [key, value] of Object.entries(figures)) {
    if (typeof value === "object" && value !== null) {
      const rows = Object.entries(value).map(([name, count]): [string, string] => [
        words(name),
        shown(name, count),
      ]);
      if (rows.length > 0) groups.push({ title: words(key), rows });
    } else {
      alone.push([words(key), shown(key, value)]);
    }
  }
  return alone.length > 0 ? [...groups, { title: OTHERS, rows: alone }] : groups;
}

/** Past this a reminder is not in time any more. */
const LATE_SECONDS = 60;

interface Health {
  tone: "info" | "warn";
  text: string;
  hint: string;
}

/** Whether reminders go out in time. */
export function healthOf(figures: Figures | null): Health {
  if (figures === null) return { tone: "info", text: "Looking…", hint: "" };
  const waits = figures.oldest_undelivered_seconds;
  if (typeof waits !== "number" || waits <= 0) {
    return { tone: "info", text: "Nothing that is due waits to be delivered.", hint: "" };
  }
  const text = `The oldest reminder that is due and not delivered waits since ${spanText(waits)}.`;
  if (waits <= LATE_SECONDS) return { tone: "info", text, hint: "" };
  const hint =
    "More than a minute is too late. Is a worker running, and does the mail server answer? " +
    "See the dead jobs, and the log of the worker.";
  return { tone: "warn", text, hint };
}

function shown(name: string, value: number | null): string {
  if (value === null) return "–";
  return name.endsWith("_seconds") ? spanText(value) : value.toLocaleString("en");
}

function words(key: string): string {
  const text = TITLES[key] ?? key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
