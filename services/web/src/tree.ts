/** Tasks as rows: subtasks under their parents, where both are shown. */

import type { Task } from "./types";

export interface Row {
  task: Task;
  /** 0 at the top level. */
  depth: number;
  /** Those of its subtasks that are shown, or would be if it were not collapsed. */
  children: number;
  collapsed: boolean;
  /** Done and all subtasks, where that is known. */
  progress: [done: number, all: number] | null;
}

interface Options {
  nested: boolean;
  collapsed: ReadonlySet<string>;
  /** All pending tasks of the view have been read, so what is missing is done. */
  whole: boolean;
  /** More pages are to come: the parent of a subtask may be among them. */
  patient: boolean;
}

export function rowsOf(items: readonly Task[], options: Options): Row[] {
  const here = new Set(items.map(({ id }) => id));
  const under = new Map<string | null, Task[]>();
  for (const task of items) {
    const { parent_id } = task;
    const parent = options.nested && parent_id && here.has(parent_id) ? parent_id : null;
    const siblings = under.get(parent);
    if (siblings) siblings.push(task);
    else under.set(parent, [task]);
  }
  const rows: Row[] = [];
  const add = (task: Task, depth: number) => {
    const children = under.get(task.id) ?? [];
    const collapsed = children.length > 0 && options.collapsed.has(task.id);
    const progress = options.whole ? progressOf(task, children) : null;
    rows.push({ task, depth, children: children.length, collapsed, progress });
    if (!collapsed) children.forEach((child) => add(child, depth + 1));
  };
  for (const task of under.get(null) ?? []) {
    const waits = options.patient && task.parent_id !== null;
    if (!waits) add(task, 0);
  }
  return rows;
}

function progressOf(task: Task, children: Task[]): Row["progress"] {
  const all = task.subtasks_count ?? 0;
  if (all === 0) return null;
  const pending = children.filter(({ completed }) => !completed).length;
  return [Math.max(0, all - pending), all];
}

/** Its siblings among the rows, itself included, in the order they are shown. */
export function siblingsOf(rows: readonly Row[], task: Task): Task[] {
  const shown = rows.find((row) => row.task.id === task.id);
  return rows
    .filter((row) => row.depth === shown?.depth && row.task.parent_id === task.parent_id)
    .map((row) => row.task);
}

/** `items` with one of them moved beside another. */
export function reordered<T extends { id: string }>(
  items: readonly T[],
  id: string,
  beside: string,
  where: "after" | "before",
): T[] {
  const moved = items.find((item) => item.id === id);
  const rest = items.filter((item) => item.id !== id);
  const at = rest.findIndex((item) => item.id === beside);
  if (!moved || at < 0) return [...items];
  rest.splice(where === "after" ? at + 1 : at, 0, moved);
  return rest;
}
