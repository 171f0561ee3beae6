import { describe, expect, it } from "vitest";

import type { SavedFilter, Task } from "../src/types";
import {
  defaultsOf,
  differs,
  fromSearch,
  matches,
  paramsOf,
  pathOf,
  toSearch,
  viewOf,
  type View,
} from "../src/views";

const all: View = { kind: "all" };
const ID = "01a1fd83-3211-7484-9535-6e12fb85c6a1";

describe("paths", () => {
  it.each<[string, View]>([
    ["/", { kind: "all" }],
    ["/today", { kind: "today" }],
    ["/upcoming/", { kind: "upcoming" }],
    ["/trash", { kind: "trash" }],
    [`/lists/${ID}`, { kind: "list", id: ID }],
    [`/filters/${ID}`, { kind: "filter", id: ID }],
    ["/lists/mine", { kind: "unknown" }],
    ["/labels/at%20home", { kind: "label", name: "at home" }],
    ["/labels/a%2Fb", { kind: "label", name: "a/b" }],
    ["/labels/%", { kind: "unknown" }],
    ["/labels", { kind: "unknown" }],
    [`/lists/${ID}/more`, { kind: "unknown" }],
    ["/settings", { kind: "unknown" }],
  ])("%s", (path, view) => {
    expect(viewOf(path)).toEqual(view);
  });

  it("lead back to where they came from, whatever a label is called", () => {
    for (const name of ["home", "a/b", "100%", "¿?#&", "v1.0", "買い物"]) {
      expect(viewOf(pathOf({ kind: "label", name }))).toEqual({ kind: "label", name });
    }
    expect(pathOf({ kind: "label", name: ".." })).toBe("/?label=..");
  });
});

const asked = (view: View) => paramsOf(view, defaultsOf(view));

describe("what the API is asked for", () => {
  it("is what the view is about", () => {
    expect(asked(all)).toEqual({ status: "all", sort: "-created_at" });
    expect(asked({ kind: "today" })).toEqual({
      status: "pending",
      sort: "due",
      due_before: "tomorrow",
    });
    expect(asked({ kind: "list", id: "l" })).toEqual({
      status: "pending",
      sort: "position",
      list_id: "l",
    });
  });

  it("joins what a saved filter and the toolbar say", () => {
    const filter = { query: { status: "pending", label: ["home"], q: "milk" } } as SavedFilter;
    const view: View = { kind: "filter", id: "f" };
    const query = { ...defaultsOf(view, filter), label: "shop", q: "oat", due: "none" as const };
    expect(paramsOf(view, query, filter)).toEqual({
      status: "pending",
      sort: "-created_at",
      label: ["home", "shop"],
      q: "milk oat",
      has_due: false,
    });
  });

  it("knows whether a saved filter would change by what is chosen beside it", () => {
    const filter = { query: { priority: "high", label: ["Home"] } } as SavedFilter;
    const view: View = { kind: "filter", id: "f" };
    const start = defaultsOf(view, filter);
    expect(differs(view, start, filter)).toBe(false);
    expect(differs(view, { ...start, priority: "high", label: "home" }, filter)).toBe(false);
    expect(differs(view, { ...start, priority: "low" }, filter)).toBe(true);
    expect(differs(view, { ...start, sort: "title" }, filter)).toBe(true);
  });
});

it("keeps the toolbar's choices in the address, and takes only those it knows", () => {
  const start = defaultsOf(all);
  const query = { ...start, q: "a&b", priority: "high" as const, due: "week" as const };
  expect(toSearch(start, start)).toBe("");
  expect(fromSearch(toSearch(query, start), start)).toEqual(query);
  expect(fromSearch("?status=no&sort=bad&priority=x&due=never", start)).toEqual(start);
});

describe("whether a task belongs", () => {
  const task = {
    completed: false,
    priority: "medium",
    list_id: "l",
    labels: ["Home"],
    due_date: null,
    due_at: null,
  } as unknown as Task;

  it("is known where its fields say it", () => {
    expect(matches(task, { status: "pending", list_id: "l", label: ["home"] })).toBe(true);
    expect(matches(task, { status: "completed" })).toBe(false);
    expect(matches(task, { list_id: "other" })).toBe(false);
    expect(matches(task, { label: ["home", "shop"] })).toBe(false);
    expect(matches(task, { has_due: true })).toBe(false);
    expect(matches(task, { due_before: "tomorrow" })).toBe(false);
  });

  it("is left to the server where they do not", () => {
    expect(matches({ ...task, due_date: "2031-01-01" }, { due_before: "tomorrow" })).toBeNull();
    expect(matches(task, { q: "milk" })).toBeNull();
  });
});
