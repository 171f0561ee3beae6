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
  oldest_due_job_seconds: "Oldest job that is due waits",
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

function shown(name: string, value: number | null): string {
  if (value === null) return "–";
  return name.endsWith("_seconds") ? spanText(value) : value.toLocaleString("en");
}

function words(key: string): string {
  const text = TITLES[key] ?? key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
