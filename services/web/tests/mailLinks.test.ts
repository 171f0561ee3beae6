import { describe, expect, it } from "vitest";

import { lateText, overText, usedText } from "../src/mailLinks";

const NOW = Date.parse("2026-06-10T06:00:00Z");

describe("the link of a reminder's mail", () => {
  it("says why nothing is left to be done", () => {
    expect(overText("open")).toBe("");
    expect(overText("done")).toMatch(/done already/);
    expect(overText("moved_on")).toMatch(/moved on/);
    expect(overText("gone")).toMatch(/deleted/);
  });

  it("says what came of it", () => {
    const used = { title: "Milk", snoozed_until: null };
    expect(usedText({ ...used, outcome: "done" }, "UTC", NOW)).toBe("“Milk” is done.");
    expect(usedText({ ...used, outcome: "already_done" }, "UTC", NOW)).toMatch(/done already/);
    const later = { ...used, outcome: "snoozed" as const, snoozed_until: "2026-06-10T07:00:00Z" };
    expect(usedText(later, "UTC", NOW)).toBe(
      "You are reminded of “Milk” again: Today, 07:00.",
    );
  });

  it("says how late the mail was", () => {
    const fire_at = "2026-06-10T03:00:00Z";
    expect(lateText({ fire_at, sent_at: "2026-06-10T03:00:59Z" })).toBe("");
    expect(lateText({ fire_at, sent_at: "2026-06-10T06:00:00Z" })).toBe(
      "The mail left 3 h late.",
    );
  });
});
