import { describe, expect, it } from "vitest";

import { uuid7 } from "../src/ids";
import {
  dueInstant,
  emptyFields,
  fieldsOf,
  merged,
  movesSeries,
  newTask,
  patchOf,
  stopsSeries,
  withAllDay,
} from "../src/taskForm";
import type { Task } from "../src/types";

const ZONE = "Europe/Berlin";

const task: Task = {
  id: "0198f2a4-0000-7000-8000-000000000000",
  list_id: "inbox",
  parent_id: null,
  title: "Call the dentist",
  description: "",
  priority: "medium",
  labels: ["phone", "Home"],
  position: "a0",
  completed: false,
  completed_at: null,
  start_date: null,
  due_date: null,
  due_at: "2026-06-10T07:00:42Z",
  time_zone: ZONE,
  recurrence: null,
  occurrence: null,
  subtasks_count: 0,
  reminders_count: 0,
  version: 3,
  created_at: "2026-06-01T07:00:00Z",
  updated_at: "2026-06-01T07:00:00Z",
  deleted_at: null,
};

it("makes ids that sort by time", () => {
  const id = uuid7(1_700_000_000_000);
  expect(id).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid7(1_700_000_000_001) > id).toBe(true);
});

describe("a new task", () => {
  it("has only what was typed", () => {
    expect(newTask("id", { ...emptyFields, title: " Buy milk " }, ZONE)).toEqual({
      id: "id",
      title: "Buy milk",
      priority: "medium",
    });
  });

  it("is due at an instant, or all day", () => {
    const timed = { ...emptyFields, title: "x", due: "2026-06-10T09:00", allDay: false };
    expect(newTask("id", timed, ZONE)).toMatchObject({
      due_at: "2026-06-10T07:00:00Z",
      time_zone: ZONE,
    });
    const day = { ...emptyFields, title: "x", due: "2026-06-10" };
    expect(newTask("id", day, ZONE)).toMatchObject({ due_date: "2026-06-10" });
    expect(newTask("id", day, ZONE)).not.toHaveProperty("due_at");
    expect(dueInstant(day, ZONE, "09:00")).toBe("2026-06-10T07:00:00Z");
    expect(dueInstant(day, ZONE, "06:30")).toBe("2026-06-10T04:30:00Z");
  });
});

describe("a changed task", () => {
  const before = fieldsOf(task, ZONE);

  it("sends nothing that was left alone, not even the seconds of its due time", () => {
    expect(patchOf(before, before, ZONE)).toEqual({});
    expect(patchOf(before, { ...before, title: "Call" }, ZONE)).toEqual({ title: "Call" });
  });

  it("clears one kind of due time when it gets the other", () => {
    const day = withAllDay(before, true);
    expect(patchOf(before, day, ZONE)).toEqual({
      due_at: null,
      due_date: "2026-06-10",
      time_zone: ZONE,
    });
    expect(patchOf(before, { ...before, due: "" }, ZONE)).toEqual({ due_at: null, due_date: null });
  });

  it("keeps what was typed over a newer version, and takes up the rest", () => {
    const typed = { ...before, title: "Mine" };
    const newest = { ...before, title: "Theirs", priority: "urgent" as const };
    expect(merged(before, typed, newest)).toEqual({ ...newest, title: "Mine" });
  });
});

describe("what else a task has", () => {
  const before = fieldsOf(task, ZONE);

  it("is sent only where it was changed", () => {
    const typed = { ...before, listId: "work", start: "2026-06-01", labels: ["Home"] };
    expect(patchOf(before, typed, ZONE)).toEqual({
      list_id: "work",
      start_date: "2026-06-01",
      labels: ["Home"],
    });
    expect(patchOf(typed, { ...typed, start: "" }, ZONE)).toEqual({ start_date: null });
  });

  it("goes with a new task", () => {
    const fields = { ...emptyFields, title: "x", listId: "work", labels: ["a"] };
    expect(newTask("id", { ...fields, rrule: "FREQ=DAILY" }, ZONE)).toMatchObject({
      list_id: "work",
      labels: ["a"],
      recurrence: { rrule: "FREQ=DAILY", anchor: "schedule" },
      time_zone: ZONE,
    });
  });

  it("has labels of both sides when both changed them", () => {
    const typed = { ...before, labels: ["Home", "mine"] };
    const newest = { ...before, labels: ["phone", "home", "theirs"] };
    expect(merged(before, typed, newest).labels).toEqual(["home", "theirs", "mine"]);
  });
});

describe("a repeating task", () => {
  const recurrence = { rrule: "FREQ=WEEKLY;BYDAY=WE", anchor: "completion" as const };
  const before = fieldsOf({ ...task, recurrence }, ZONE);
  const moved = { ...before, due: "2026-06-11T09:00" };

  it("moves one of its dates, or all that follow", () => {
    expect(movesSeries(before, moved)).toBe(true);
    expect(patchOf(before, moved, ZONE, "this")).not.toHaveProperty("recurrence");
    expect(patchOf(before, moved, ZONE, "following")).toMatchObject({
      due_at: "2026-06-11T07:00:00Z",
      recurrence: { rrule: "FREQ=WEEKLY;BYDAY=TH", anchor: "completion" },
    });
  });

  it("takes a rule along that was chosen before its date", () => {
    const chosen = { ...before, rrule: "FREQ=MONTHLY;BYMONTHDAY=10", due: "2026-06-11T09:00" };
    expect(movesSeries(before, chosen)).toBe(false);
    expect(patchOf(before, chosen, ZONE).recurrence?.rrule).toBe("FREQ=MONTHLY;BYMONTHDAY=11");
  });

  it("stops without a due date, and on request", () => {
    const undated = { ...before, due: "" };
    expect(stopsSeries(before, undated)).toBe(true);
    expect(patchOf(before, undated, ZONE)).toEqual({
      due_at: null,
      due_date: null,
      recurrence: null,
    });
    expect(patchOf(before, { ...before, rrule: "" }, ZONE)).toEqual({ recurrence: null });
  });

  it("keeps the rule that was chosen here over one that was chosen elsewhere", () => {
    const mine = { ...before, rrule: "FREQ=DAILY" };
    const later = { due: "2026-06-12T09:00", ruleDay: "2026-06-12" };
    const theirs = { ...before, ...later, rrule: "FREQ=YEARLY" };
    expect(merged(before, mine, theirs)).toMatchObject({
      rrule: "FREQ=DAILY",
      due: "2026-06-12T09:00",
      ruleDay: "2026-06-10",
    });
  });
});
