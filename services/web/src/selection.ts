/** Many tasks at once: which are chosen, and what is done to them. */

import { computed, effect, signal } from "@preact/signals";

import { complain, tell } from "./notices";
import { explain } from "./problem";
import * as session from "./session";
import { changeMany, items, MOST, view } from "./tasks";
import { counted } from "./time";
import type { Operation, Task } from "./types";

export const choosing = signal(false);
const chosen = signal<ReadonlySet<string>>(new Set());

/** Those that are still shown. */
export const selected = computed(() => items.value.filter(({ id }) => chosen.value.has(id)));

session.onSignOut(stop);

// Another view: nothing stays chosen that is not seen.
effect(() => {
  if (view.value) stop();
});

export function start(): void {
  choosing.value = true;
}

export function stop(): void {
  choosing.value = false;
  chosen.value = new Set();
}

export function isSelected(task: Task): boolean {
  return chosen.value.has(task.id);
}

export function toggle(task: Task): void {
  const next = new Set(chosen.value);
  if (!next.delete(task.id) && next.size < MOST) next.add(task.id);
  chosen.value = next;
}

export function selectAll(): void {
  chosen.value = new Set(items.value.slice(0, MOST).map(({ id }) => id));
}

interface Deed {
  /** `Completed`, `Moved`…; the number of tasks follows. */
  words: string;
  operation: (task: Task) => Operation;
  /** What undoes it, where that is possible. */
  back?: (task: Task) => Operation;
  /** Subtasks go along with their parents by themselves. */
  rootsOnly?: boolean;
}

/** Does it to each chosen task, or to none; throws if to none. */
export async function applyToAll({ words, operation, back, rootsOnly }: Deed): Promise<void> {
  const tasks = rootsOnly ? roots(selected.peek()) : selected.peek();
  if (tasks.length === 0) return;
  await changeMany(tasks.map(operation));
  stop();
  const text = `${words} ${counted(tasks.length, "task")}.`;
  if (!back) return tell(text);
  tell(text, { label: "Undo", run: () => void takeBack(tasks.map(back)) });
}

/** Without those of which a task above them is among them too. */
export function roots(tasks: readonly Task[]): Task[] {
  const chosenIds = new Set(tasks.map(({ id }) => id));
  const parents = new Map(items.peek().map(({ id, parent_id }) => [id, parent_id]));
  return tasks.filter((task) => {
    let above = task.parent_id;
    while (above && !chosenIds.has(above)) above = parents.get(above) ?? null;
    return !above;
  });
}

async function takeBack(operations: Operation[]): Promise<void> {
  try {
    await changeMany(operations);
    tell("Undone.");
  } catch (error) {
    complain(`Could not undo that. ${explain(error)}`);
  }
}
