import { describe, expect, it } from "vitest";

import {
  agoText,
  counted,
  dueText,
  isOverdue,
  knownZone,
  momentText,
  offsetText,
  sameClocks,
  spanText,
  toInstant,
  toLocal,
  writeDatesAs,
} from "../src/time";

const BERLIN = "Europe/Berlin";

describe("wall-clock time to instant", () => {
  it.each([
    ["2026-01-15T09:00", BERLIN, "2026-01-15T08:00:00Z"],
    ["2026-07-15T09:00", BERLIN, "2026-07-15T07:00:00Z"],
    ["2026-01-15T09:00", "Asia/Kathmandu", "2026-01-15T03:15:00Z"],
    ["2026-01-01T00:30", "Pacific/Kiritimati", "2025-12-31T10:30:00Z"],
    ["2026-12-31T23:30", "Pacific/Pago_Pago", "2027-01-01T10:30:00Z"],
  ])("%s in %s is %s", (local, zone, instant) => {
    expect(toInstant(local, zone)).toBe(instant);
  });

  it("moves a time the clocks skip forward", () => {
    expect(toInstant("2026-03-29T02:30", BERLIN)).toBe("2026-03-29T01:30:00Z");
    expect(toLocal("2026-03-29T01:30:00Z", BERLIN)).toBe("2026-03-29T03:30");
    expect(toInstant("2026-10-04T02:15", "Australia/Lord_Howe")).toBe("2026-10-03T15:45:00Z");
  });

  it("takes the first of a time the clocks show twice", () => {
    expect(toInstant("2026-10-25T02:30", BERLIN)).toBe("2026-10-25T00:30:00Z");
    expect(toInstant("2026-11-01T01:30", "America/New_York")).toBe("2026-11-01T05:30:00Z");
  });

  it("is right just before and after a change of the clocks", () => {
    expect(toInstant("2026-03-29T01:59", BERLIN)).toBe("2026-03-29T00:59:00Z");
    expect(toInstant("2026-03-29T03:00", BERLIN)).toBe("2026-03-29T01:00:00Z");
    expect(toInstant("2026-10-25T01:59", BERLIN)).toBe("2026-10-24T23:59:00Z");
    expect(toInstant("2026-10-25T03:00", BERLIN)).toBe("2026-10-25T02:00:00Z");
  });

  it("comes back unchanged in zones of all kinds, all year", () => {
    for (const zone of [
      "America/St_Johns",
      "Africa/Casablanca",
      "Asia/Tehran",
      "Pacific/Chatham",
    ]) {
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 6_300_000) {
        const local = toLocal(at, zone);
        expect(toLocal(toInstant(local, zone), zone)).toBe(local);
      }
    }
  });
});

it("knows one zone by two names", () => {
  const now = Date.parse("2026-06-10T12:00:00Z");
  expect(sameClocks("Asia/Kolkata", "Asia/Calcutta", now)).toBe(true);
  expect(sameClocks("Europe/London", "Africa/Lagos", now)).toBe(false);
});

it("falls back to the device's zone for one this browser does not know", () => {
  expect(knownZone(BERLIN)).toBe(BERLIN);
  expect(knownZone("Mars/Olympus")).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
});

describe("overdue", () => {
  const now = Date.parse("2026-06-10T22:30:00Z");
  const task = { completed: false, due_at: null, due_date: null, time_zone: BERLIN };

  it("is a matter of the instant", () => {
    expect(isOverdue({ ...task, due_at: "2026-06-10T22:29:00Z" }, BERLIN, now)).toBe(true);
    expect(isOverdue({ ...task, due_at: "2026-06-10T22:31:00Z" }, BERLIN, now)).toBe(false);
  });

  it("is a matter of the day where somebody looks at it", () => {
    // It is the 11th in Berlin already, and still the 10th in New York.
    const due = { ...task, due_date: "2026-06-10" };
    expect(isOverdue(due, BERLIN, now)).toBe(true);
    expect(isOverdue(due, "America/New_York", now)).toBe(false);
  });

  it("never holds for what is done or has no due time", () => {
    expect(isOverdue(task, BERLIN, now)).toBe(false);
    expect(isOverdue({ ...task, completed: true, due_date: "2020-01-01" }, BERLIN, now)).toBe(false);
  });
});

describe("reading", () => {
  const now = Date.parse("2026-06-10T12:00:00Z");
  const ago = (instant: string) => agoText(instant, BERLIN, now);
  const due = (due_at: string | null, due_date: string | null = null) =>
    dueText({ due_at, due_date }, BERLIN, now, "en-GB");

  it("names the days around today", () => {
    expect(due("2026-06-10T16:00:00Z")).toBe("Today, 18:00");
    expect(due("2026-06-10T22:30:00Z")).toBe("Tomorrow, 00:30");
    expect(due(null, "2026-06-09")).toBe("Yesterday");
  });

  it("names other days by their date, with the year if it is another", () => {
    expect(due(null, "2026-06-19")).toBe("Fri 19 Jun");
    expect(momentText("2027-01-01T08:00:00Z", BERLIN, now, "en-GB")).toMatch(/1 Jan 2027, 09:00$/);
  });

  it("tells how long ago something was while that is easier to grasp", () => {
    expect(ago("2026-06-10T11:59:30Z")).toBe("just now");
    expect(ago("2026-06-10T12:00:20Z")).toBe("just now");
    expect(ago("2026-06-10T11:42:00Z")).toBe("18 min ago");
    expect(ago("2026-06-10T09:00:00Z")).toMatch(/^Today, 11:00/);
    expect(ago("2026-06-17T10:00:00Z")).toMatch(/17.*12:00/);
  });

  it("writes dates as the user chose it", () => {
    const instant = "2026-06-19T16:00:00Z";
    writeDatesAs("en-US");
    expect(momentText(instant, BERLIN, now)).toBe("Fri, Jun 19, 06:00 PM");
    writeDatesAs("en-GB");
    expect(momentText(instant, BERLIN, now)).toBe("Fri 19 Jun, 18:00");
    writeDatesAs("en-nonsense-nonsense");
    expect(() => momentText(instant, BERLIN, now)).not.toThrow();
    writeDatesAs("");
  });

  it("counts in the plural", () => {
    expect([counted(1, "crash", "crashes"), counted(2, "crash", "crashes")]).toEqual([
      "1 crash",
      "2 crashes",
    ]);
  });

  it("is empty without a due time", () => expect(due(null)).toBe(""));

  it.each([
    [45, "45 s"],
    [300, "5 min"],
    [7500, "2 h 5 min"],
    [7200, "2 h"],
    [400_000, "5 days"],
  ])("%i seconds are %s", (seconds, text) => expect(spanText(seconds)).toBe(text));

  it.each([
    [0, "At the due time"],
    [1, "1 minute before"],
    [90, "90 minutes before"],
    [120, "2 hours before"],
    [1440, "1 day before"],
  ])("an offset of %i is %s", (minutes, text) => expect(offsetText(minutes)).toBe(text));
});
