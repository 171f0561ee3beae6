import { describe, expect, it } from "vitest";

import { canSnooze, choose, momentOf, orUsual, reminderOf, stateText } from "../src/reminders";
import type { Channel, Reminder } from "../src/types";

const ZONE = "Europe/Berlin";
const NOW = Date.parse("2026-06-10T06:00:00Z");
const DUE = "2026-06-10T07:00:00Z";
const here = {
  due: DUE as string | null,
  zone: ZONE,
  now: NOW,
  usual: ["email"] as Channel[],
};

describe("a new reminder", () => {
  it("counts back from the due time", () => {
    const choice = choose("30");
    expect(reminderOf(choice, here)).toEqual({
      id: choice.id,
      channels: ["email"],
      offset_minutes: 30,
    });
    expect(reminderOf({ ...choose("custom"), minutes: "45" }, here)).toMatchObject({
      offset_minutes: 45,
    });
  });

  it("may have its own time", () => {
    const choice = { ...choose("at"), at: "2026-06-10T08:30" };
    expect(reminderOf(choice, { ...here, due: null })).toMatchObject({
      at: "2026-06-10T06:30:00Z",
    });
  });

  it("comes by the usual channels, unless others are chosen", () => {
    const usual: Channel[] = ["email", "push"];
    expect(reminderOf(choose("0"), { ...here, usual })).toMatchObject({ channels: usual });
    const chosen = { ...choose("0"), channels: ["in_app"] as Channel[] };
    expect(reminderOf(chosen, { ...here, usual })).toMatchObject({ channels: ["in_app"] });
    expect(reminderOf({ ...chosen, channels: [] }, here)).toMatch(/at least one way/);
  });

  it("says what is wrong before anything is sent", () => {
    const noDue = { ...here, due: null };
    expect(reminderOf(choose(""), noDue)).toBeNull();
    expect(reminderOf(choose("30"), noDue)).toMatch(/needs a due time/);
    expect(reminderOf(choose("1440"), here)).toMatch(/passed already/);
    expect(reminderOf(choose("at"), here)).toMatch(/day and time/);
    expect(reminderOf({ ...choose("custom"), minutes: "" }, here)).toMatch(/whole number/);
  });

  it("has a moment as soon as that can be said", () => {
    expect(momentOf(choose("15"), DUE, ZONE)).toBe("2026-06-10T06:45:00.000Z");
    expect(momentOf(choose("15"), null, ZONE)).toBeNull();
    expect(momentOf(choose("at"), DUE, ZONE)).toBeNull();
    expect(momentOf({ ...choose("custom"), minutes: "-1" }, DUE, ZONE)).toBeNull();
  });
});

function wish(minutes: number | null) {
  return { default_reminder_minutes: minutes };
}

describe("the usual reminder", () => {
  it("is chosen for a task with a time, until somebody chooses", () => {
    expect(orUsual(choose(""), DUE, wish(30), NOW).kind).toBe("30");
    expect(orUsual(choose(""), DUE, wish(20), NOW)).toMatchObject({
      kind: "custom",
      minutes: "20",
    });
    expect(orUsual({ ...choose(""), touched: true }, DUE, wish(30), NOW).kind).toBe("");
  });

  it("is none without a time, without a wish, or when its moment is past", () => {
    expect(orUsual(choose(""), null, wish(30), NOW).kind).toBe("");
    expect(orUsual(choose(""), DUE, wish(null), NOW).kind).toBe("");
    expect(orUsual(choose(""), DUE, wish(60), NOW).kind).toBe("");
  });
});

describe("a reminder that is there", () => {
  const reminder: Reminder = {
    id: "r",
    task_id: "t",
    offset_minutes: 30,
    at: null,
    channels: ["email"],
    state: "scheduled",
    next_fire_at: "2026-06-10T06:30:00Z",
    snoozed_until: null,
  };

  it("says what it waits for", () => {
    expect(stateText(reminder, ZONE, NOW)).toBe("Scheduled for Today, 08:30");
    expect(stateText({ ...reminder, next_fire_at: null }, ZONE, NOW)).toMatch(/due time/);
    const snoozed = { ...reminder, state: "snoozed", snoozed_until: "2026-06-11T07:00:00Z" };
    expect(stateText(snoozed, ZONE, NOW)).toBe("Snoozed until Tomorrow, 09:00");
    expect(stateText({ ...reminder, state: "lost_in_space" }, ZONE, NOW)).toBe("Lost in space");
  });

  it("can be put off while something is left of it", () => {
    expect(canSnooze(reminder, false)).toBe(true);
    expect(canSnooze({ ...reminder, state: "fired", next_fire_at: null }, false)).toBe(true);
    expect(canSnooze({ ...reminder, next_fire_at: null }, false)).toBe(false);
    expect(canSnooze({ ...reminder, state: "cancelled" }, false)).toBe(false);
    expect(canSnooze(reminder, true)).toBe(false);
  });
});
