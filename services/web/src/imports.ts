/** Where tasks can come from, and what became of an import, in words. */

import { counted } from "./time";
import type { Import, ImportRow, ImportSource } from "./types";

interface Source {
  name: string;
  /** Where to get the file. */
  hint: string;
  accept: string;
}

export const SOURCES: Record<ImportSource, Source> = {
  todoist: {
    name: "Todoist",
    hint: "The CSV file of a project (“Export as CSV”), or a backup as ZIP.",
    accept: ".csv,.zip",
  },
  trello: {
    name: "Trello",
    hint: "The JSON file of a board: its menu, “Print, export and share”, “Export as JSON”.",
    accept: ".json",
  },
  vikunja: {
    name: "Vikunja",
    hint: "The ZIP file of “Export your Vikunja data”, or the data.json in it.",
    accept: ".zip,.json",
  },
  google_tasks: {
    name: "Google Tasks",
    hint: "Tasks.json from Google Takeout, or Takeout’s ZIP file.",
    accept: ".json,.zip",
  },
  taskbell: {
    name: "Taskbell",
    hint: "The JSON file that “Export as JSON” below makes, here or elsewhere.",
    accept: ".json",
  },
};

export const MOST_BYTES = 10 * 1024 * 1024;

const TYPES: [ending: string, type: string][] = [
  [".csv", "text/csv"],
  [".json", "application/json"],
  [".zip", "application/zip"],
];

/** Said by its name: what a system calls a CSV file depends on what else is installed. */
export function typed(file: File): File {
  const name = file.name.toLowerCase();
  const type = TYPES.find(([ending]) => name.endsWith(ending))?.[1] ?? "application/octet-stream";
  return new File([file], file.name, { type });
}

/** What is wrong with a file before it is sent; empty if nothing is. */
export function refusal(file: File | null): string {
  if (!file) return "Choose a file.";
  if (file.size === 0) return "This file is empty.";
  return file.size > MOST_BYTES ? "This file is larger than 10 MiB." : "";
}

export function isOver({ state }: Import): boolean {
  return state === "done" || state === "failed";
}

/** `Todoist, home.csv` */
export function importName({ source, filename }: Import): string {
  return filename ? `${SOURCES[source].name}, ${filename}` : SOURCES[source].name;
}

/** `Reading the file…`, `12 of 40 tasks…`, `Imported.` */
export function progressText({ state, dry_run, total, done, error }: Import): string {
  switch (state) {
    case "queued":
      return "Waiting to begin…";
    case "running":
      return total === null ? "Reading the file…" : `${done} of ${counted(total, "task")}…`;
    case "failed":
      return error || "It could not be imported.";
    case "done":
      if (total === 0) return "There are no tasks in this file.";
      return dry_run ? "Nothing was changed. This is what would happen:" : "Imported.";
  }
}

type Count = [outcome: ImportRow["outcome"], count: number, text: string];

/** What became of the rows, without what there was none of. */
export function countsOf(one: Import): Count[] {
  const made = one.dry_run ? "to be added" : "added";
  const all: Count[] = [
    ["created", one.created, `${one.created} ${made}`],
    ["duplicate", one.duplicates, `${one.duplicates} here already`],
    ["skipped", one.skipped, `${one.skipped} left out`],
    ["failed", one.failed, `${one.failed} failed`],
  ];
  return all.filter(([, count]) => count > 0);
}

/**
 * How many of the added rows could not be taken over just as they were. With more rows than these
 * nobody knows how many, so it is only said that there are some.
 */
export function remarksText(rows: readonly ImportRow[], all: boolean): string {
  const count = rows.filter((row) => row.outcome === "created" && row.messages.length > 0).length;
  if (count === 0) return "";
  return all ? `${count} with remarks: see the rows.` : "Some with remarks: see the rows.";
}

export function outcomeText(outcome: ImportRow["outcome"], dryRun: boolean): string {
  if (outcome === "created") return dryRun ? "to be added" : "added";
  return { duplicate: "here already", skipped: "left out", failed: "failed" }[outcome];
}
