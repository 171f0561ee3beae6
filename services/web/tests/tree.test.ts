import { describe, expect, it } from "vitest";

import { reordered, rowsOf, siblingsOf } from "../src/tree";
import type { Task } from "../src/types";

const task = (id: string, parent: string | null = null, more: Partial<Task> = {}) =>
  ({ id, parent_id: parent, completed: false, subtasks_count: 0, ...more }) as Task;
const options = { nested: true, collapsed: new Set<string>(), whole: true, patient: false };
const shown = (items: Task[], changes: Partial<typeof options> = {}) =>
  rowsOf(items, { ...options, ...changes }).map((row) => "  ".repeat(row.depth) + row.task.id);

describe("rows", () => {
  const items = [task("b1", "b"), task("a"), task("b"), task("a1", "a"), task("a1x", "a1")];

  it("have subtasks under their parents, in the order both came", () => {
    expect(shown(items)).toEqual(["a", "  a1", "    a1x", "b", "  b1"]);
  });

  it("are in one row of their own where the parent is not shown", () => {
    expect(shown([task("x", "elsewhere"), task("a")])).toEqual(["x", "a"]);
  });

  it("wait for a parent that may still come", () => {
    expect(shown([task("x", "later"), task("a")], { patient: true })).toEqual(["a"]);
  });

  it("are flat where the order is another one", () => {
    expect(shown(items, { nested: false })).toEqual(["b1", "a", "b", "a1", "a1x"]);
  });

  it("leave out what is folded away", () => {
    expect(shown(items, { collapsed: new Set(["a"]) })).toEqual(["a", "b", "  b1"]);
  });

  it("know how much is done once all pending subtasks are here", () => {
    const parent = task("a", null, { subtasks_count: 5 });
    const rest = [task("a1", "a"), task("a2", "a"), task("a3", "a", { completed: true })];
    expect(rowsOf([parent, ...rest], options)[0]?.progress).toEqual([3, 5]);
    expect(rowsOf([parent, ...rest], { ...options, whole: false })[0]?.progress).toBeNull();
  });
});

const ids = (items: { id: string }[]) => items.map(({ id }) => id).join("");

describe("one's own order", () => {
  it("is among siblings only", () => {
    const rows = rowsOf([task("a"), task("a1", "a"), task("b"), task("a2", "a")], options);
    const found = (id: string) => siblingsOf(rows, task(id, id === "a2" ? "a" : null));
    expect(found("b").map(({ id }) => id)).toEqual(["a", "b"]);
    expect(found("a2").map(({ id }) => id)).toEqual(["a1", "a2"]);
  });

  it("changes by putting one beside another", () => {
    const items = [{ id: "a" }, { id: "b" }, { id: "c" }];
    expect(ids(reordered(items, "a", "b", "after"))).toBe("bac");
    expect(ids(reordered(items, "c", "a", "before"))).toBe("cab");
    expect(ids(reordered(items, "a", "gone", "after"))).toBe("abc");
  });
});
