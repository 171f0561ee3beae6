/** The list of tasks on the page, and everything that changes it. */

import { batch, effect, signal } from "@preact/signals";

import * as api from "./api";
import { complain, tell } from "./notices";
import { explain } from "./problem";
import { path } from "./route";
import * as session from "./session";
import type { Task } from "./types";

const PAGE = 20;
const DEFAULT: api.TaskQuery = { status: "all", q: "", sort: "-created_at" };

export const SORTS = [
  ["-created_at", "Newest first"],
  ["created_at", "Oldest first"],
  ["due", "Due first"],
  ["-priority", "Most urgent first"],
  ["title", "Title"],
  ["-updated_at", "Last changed"],
] as const;

export const query = signal(fromUrl());
export const items = signal<Task[]>([]);
export const total = signal<number | null>(null);
export const nextCursor = signal<string | null>(null);
export const phase = signal<"loading" | "ready" | "failed">("loading");
export const failure = signal<unknown>(null);
export const more = signal<"idle" | "loading" | "failed">("idle");

/** Counts the loads, so that an answer which comes too late is not shown. */
let generation = 0;
/** Counts what has changed, so that a list the server read before that is read again. */
let revision = 0;
const busy = new Set<string>();

session.onSignOut(() => {
  generation += 1;
  items.value = [];
  total.value = null;
  phase.value = "loading";
  query.value = DEFAULT;
});

effect(() => {
  if (session.state.value === "signed-in" && path.value === "/") toUrl(query.value);
});

export function ask(changes: Partial<api.TaskQuery>): void {
  query.value = { ...query.value, ...changes };
  void load();
}

/** `quiet` keeps what is shown until the answer is there, and if there is none. */
export async function load({ quiet = false } = {}): Promise<void> {
  const mine = ++generation;
  const before = revision;
  const perPage = quiet ? Math.min(100, Math.max(PAGE, items.value.length)) : PAGE;
  if (!quiet) phase.value = "loading";
  try {
    const page = await api.listTasks(query.value, perPage);
    if (mine !== generation) return;
    if (before !== revision) return await load({ quiet });
    batch(() => {
      items.value = page.items;
      total.value = page.total;
      nextCursor.value = page.next_cursor;
      phase.value = "ready";
      more.value = "idle";
    });
  } catch (error) {
    if (mine !== generation || quiet) return;
    failure.value = error;
    phase.value = "failed";
  }
}

export async function loadMore(): Promise<void> {
  const cursor = nextCursor.value;
  if (!cursor || more.value === "loading") return;
  const mine = generation;
  more.value = "loading";
  try {
    const page = await api.listTasks(query.value, PAGE, cursor);
    if (mine !== generation) return;
    const known = new Set(items.value.map(({ id }) => id));
    batch(() => {
      items.value = [...items.value, ...page.items.filter(({ id }) => !known.has(id))];
      nextCursor.value = page.next_cursor;
      more.value = "idle";
    });
  } catch (error) {
    if (mine !== generation) return;
    failure.value = error;
    more.value = "failed";
  }
}

export function isShown(task: Task): boolean {
  const { status } = query.value;
  return status === "all" || task.completed === (status === "completed");
}

/** A task was made: show it on top if the list is in that order, else where the server puts it. */
export function added(task: Task): void {
  revision += 1;
  const { q, sort } = query.value;
  if (!isShown(task) || q) {
    tell(`Added “${task.title}”. The filter hides it.`, { label: "Show all", run: showAll });
  } else {
    tell(`Added “${task.title}”.`);
  }
  if (phase.value === "ready" && isShown(task) && !q && sort === DEFAULT.sort) {
    items.value = [task, ...items.value.filter(({ id }) => id !== task.id)];
    if (total.value !== null) total.value += 1;
  } else {
    void load({ quiet: phase.value === "ready" });
  }
}

/** A newer version of a task came from the server. */
export function put(task: Task): void {
  revision += 1;
  items.value = items.value.map((old) => (old.id === task.id ? task : old));
}

/** Shown at once, taken back if the server refuses; false while an earlier change is under way. */
export function setCompleted(task: Task, completed: boolean): boolean {
  if (busy.has(task.id)) return false;
  busy.add(task.id);
  change(task.id, { completed });
  void sendCompleted(task, completed);
  return true;
}

async function sendCompleted(task: Task, completed: boolean): Promise<void> {
  try {
    const saved = await api.completeTask(task.id, completed);
    settle(saved);
    if (completed) {
      tell(`Completed “${task.title}”.`, {
        label: "Undo",
        run: () => setCompleted(saved, false),
      });
    }
  } catch (error) {
    change(task.id, { completed: task.completed });
    const what = completed ? "complete" : "reopen";
    complain(`Could not ${what} “${task.title}”. ${explain(error)}`);
  } finally {
    busy.delete(task.id);
  }
}

/** True when the task is in the trash; the list no longer shows it. */
export async function trash(task: Task): Promise<boolean> {
  if (busy.has(task.id)) return false;
  busy.add(task.id);
  try {
    await api.trashTask(task.id);
    remove(task.id);
    tell(`Moved “${task.title}” to the trash.`, { label: "Undo", run: () => void restore(task) });
    return true;
  } catch (error) {
    complain(`Could not delete “${task.title}”. ${explain(error)}`);
    return false;
  } finally {
    busy.delete(task.id);
  }
}

async function restore(task: Task): Promise<void> {
  try {
    await api.restoreTask(task.id);
    tell(`Brought back “${task.title}”.`);
    await load({ quiet: true });
  } catch (error) {
    complain(`Could not bring back “${task.title}”. ${explain(error)}`, {
      label: "Try again",
      run: () => void restore(task),
    });
  }
}

function settle(saved: Task): void {
  const listed = items.value.some(({ id }) => id === saved.id);
  if (listed && isShown(saved)) put(saved);
  else if (listed) remove(saved.id);
  else void load({ quiet: true });
}

function change(id: string, changes: Partial<Task>): void {
  items.value = items.value.map((task) => (task.id === id ? { ...task, ...changes } : task));
}

function remove(id: string): void {
  revision += 1;
  const kept = items.value.filter((task) => task.id !== id);
  if (kept.length === items.value.length) return;
  items.value = kept;
  if (total.value !== null) total.value -= 1;
  // The page has run empty although there is more: fetch it.
  if (kept.length === 0 && nextCursor.value) void load();
}

function showAll(): void {
  query.value = DEFAULT;
  void load();
}

function fromUrl(): api.TaskQuery {
  const params = new URLSearchParams(location.search);
  const status = params.get("status");
  const sort = params.get("sort");
  return {
    status: status === "pending" || status === "completed" ? status : "all",
    q: params.get("q") ?? "",
    sort: SORTS.some(([key]) => key === sort) ? (sort as string) : DEFAULT.sort,
  };
}

/** The filter survives a reload. */
function toUrl(wanted: api.TaskQuery): void {
  const params = new URLSearchParams();
  for (const key of ["status", "q", "sort"] as const) {
    if (wanted[key] !== DEFAULT[key]) params.set(key, wanted[key]);
  }
  const search = params.size ? `?${params}` : "";
  if (search !== location.search) history.replaceState(null, "", location.pathname + search);
}
