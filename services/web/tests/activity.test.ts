import { beforeEach, describe, expect, it, vi } from "vitest";

import type * as Module from "../src/activity";
import type * as Lists from "../src/lists";
import type * as Session from "../src/session";
import type { Activity, TaskList, User } from "../src/types";

const ZONE = "Europe/Zurich";
const NOW = Date.parse("2026-11-21T10:00:00Z");

let activity: typeof Module;
let lists: typeof Lists;
let session: typeof Session;

beforeEach(async () => {
  vi.resetModules();
  vi.stubGlobal("document", { addEventListener: () => undefined });
  vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
  vi.stubGlobal("addEventListener", () => undefined);
  [activity, lists, session] = await Promise.all([
    import("../src/activity"),
    import("../src/lists"),
    import("../src/session"),
  ]);
  session.user.value = { id: "me" } as User;
  lists.lists.value = [{ id: "work", name: "Work" } as TaskList];
});

function change(before: Activity["before"], after: Activity["after"]): string[] {
  return activity.changesIn(deed({ before, after }), ZONE, NOW);
}

function deed(changes: Partial<Activity>): Activity {
  return {
    version: 2,
    action: "updated",
    by: { user_id: "me", via: "session" },
    at: "2026-11-21T09:00:00Z",
    before: {},
    after: {},
    undone: false,
    ...changes,
  };
}

it("says who did what, and how", () => {
  expect(activity.headline(deed({}))).toBe("Changed by you");
  expect(activity.headline(deed({ action: "created", by: { user_id: "me", via: null } }))).toBe(
    "Created by you",
  );
  const other = deed({ action: "deleted", by: { user_id: "x", via: "api_token" } });
  expect(activity.headline(other)).toBe(
    "Moved to the trash by somebody else, with an API token",
  );
});

describe("what changed", () => {
  it("is told before and after", () => {
    const before = { title: "Milk", priority: "low" };
    expect(change(before, { title: "Oat milk", priority: "high" })).toEqual([
      "Title: “Milk” → “Oat milk”",
      "Priority: Low → High",
    ]);
    expect(change({ description: null }, { description: "x".repeat(100) })).toEqual([
      `Description: none → “${"x".repeat(79)}…”`,
    ]);
    expect(change({ list_id: "gone" }, { list_id: "work" })).toEqual([
      "List: a list that is gone → Work",
    ]);
  });

  it("is how it repeats, with what that is counted from", () => {
    const daily = { rrule: "FREQ=DAILY", anchor: "schedule" };
    expect(change({ rrule: null, anchor: null }, daily)).toEqual(["Repeats: none → every day"]);
    expect(change(daily, { rrule: null, anchor: null })).toEqual(["Repeats: every day → none"]);
    expect(change({ rrule: "FREQ=DAILY" }, { rrule: "FREQ=WEEKLY" })).toEqual([
      "Repeats: every day → every week",
    ]);
    expect(change({ anchor: "schedule" }, { anchor: "completion" })).toEqual([
      "Counted from: the schedule → when it is done",
    ]);
  });

  it("is one due time, whichever kind it is of", () => {
    expect(
      change(
        { due_date: "2026-11-22", due_at: null },
        { due_date: null, due_at: "2026-11-23T08:00:00Z" },
      ),
    ).toEqual(["Due: Tomorrow → Mon 23 Nov, 09:00"]);
    expect(change({ due_at: "2026-11-23T08:00:00Z" }, { due_at: null })).toEqual([
      "Due: Mon 23 Nov, 09:00 → none",
    ]);
  });

  it("is which labels were put on and taken off", () => {
    expect(change({ labels: ["Home", "bills"] }, { labels: ["home", "work"] })).toEqual([
      "Labels: +work −bills",
    ]);
  });

  it("leaves out what nobody sees, and all of what a new task began with", () => {
    const before = { position: "a0", completed_at: null };
    expect(change(before, { position: "a1", completed_at: "2026-11-21T09:00:00Z" })).toEqual([]);
    const created = deed({ action: "created", after: { title: "Milk" } });
    expect(activity.changesIn(created, ZONE, NOW)).toEqual([]);
  });
});
