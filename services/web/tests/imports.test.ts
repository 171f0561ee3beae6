import { describe, expect, it } from "vitest";

import {
  countsOf,
  importName,
  MOST_BYTES,
  progressText,
  refusal,
  remarksText,
  typed,
} from "../src/imports";
import type { Import, ImportRow } from "../src/types";

const begun: Import = {
  id: "i",
  source: "google_tasks",
  filename: "Tasks.json",
  dry_run: true,
  state: "queued",
  total: null,
  done: 0,
  created: 0,
  duplicates: 0,
  skipped: 0,
  failed: 0,
  error: null,
  created_at: "2026-11-21T10:00:00Z",
  finished_at: null,
};
const done: Import = { ...begun, state: "done", total: 3, done: 3, created: 2, failed: 1 };

const words = (one: Import) => countsOf(one).map(([, , text]) => text);

describe("a file to import", () => {
  it("is what its name says, whatever the system calls it", () => {
    const excel = new File(["a,b"], "Home.CSV", { type: "application/vnd.ms-excel" });
    expect(typed(excel)).toMatchObject({ name: "Home.CSV", type: "text/csv", size: 3 });
    expect(typed(new File(["x"], "board")).type).toBe("application/octet-stream");
  });

  it("is refused before it is sent when it cannot be read anyway", () => {
    expect(refusal(null)).toMatch(/Choose/);
    expect(refusal(new File([], "x.csv"))).toMatch(/empty/);
    expect(refusal({ size: MOST_BYTES + 1 } as File)).toMatch(/10 MiB/);
    expect(refusal({ size: MOST_BYTES } as File)).toBe("");
  });
});

describe("an import", () => {
  it("says how far it is", () => {
    expect(progressText(begun)).toBe("Waiting to begin…");
    expect(progressText({ ...begun, state: "running" })).toBe("Reading the file…");
    expect(progressText({ ...done, state: "running", done: 1 })).toBe("1 of 3 tasks…");
    expect(progressText({ ...done, total: 0 })).toMatch(/no tasks/);
    expect(progressText({ ...begun, state: "failed", error: "This is no board." })).toBe(
      "This is no board.",
    );
    expect(progressText({ ...done, dry_run: false })).toBe("Imported.");
  });

  it("tells apart what was done and what would be", () => {
    expect(words(done)).toEqual(["2 to be added", "1 failed"]);
    expect(words({ ...done, dry_run: false, duplicates: 4 })).toEqual([
      "2 added",
      "4 here already",
      "1 failed",
    ]);
    expect(words(begun)).toEqual([]);
  });

  it("tells how many rows have remarks, as far as they are known", () => {
    const rows = [
      { outcome: "created", messages: ["“someday” is no date."] },
      { outcome: "created", messages: [] },
      { outcome: "failed", messages: ["A task needs a title."] },
    ] as unknown as ImportRow[];
    expect(remarksText(rows, true)).toBe("1 with remarks: see the rows.");
    expect(remarksText(rows, false)).toBe("Some with remarks: see the rows.");
    expect(remarksText(rows.slice(1), true)).toBe("");
  });

  it("has the name of its file, if there was one", () => {
    expect(importName(begun)).toBe("Google Tasks, Tasks.json");
    expect(importName({ ...begun, filename: "" })).toBe("Google Tasks");
  });
});
