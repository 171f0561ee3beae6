/** The tasks that are shown: which were asked for, and the pages of them read so far. */

import { batch, computed, effect, signal } from "@preact/signals";

import * as api from "./api";
import * as lists from "./lists";
import { tell } from "./notices";
import { go, path, visit } from "./route";
import * as session from "./session";
import type { Task } from "./types";
import {
  defaultsOf,
  fromSearch,
  isNarrowed,
  matches,
  paramsOf,
  pathOf,
  toSearch,
  viewOf,
  type Query,
} from "./views";

const PAGE = 20;
/** Where the order is one's own, most lists come whole. */
const LONG_PAGE = 100;

export const view = computed(() => viewOf(path.value));
const filter = computed(() => {
  const { value } = view;
  return value.kind === "filter" ? lists.filterOf(value.id) : undefined;
});
const defaults = computed(() => defaultsOf(view.value, filter.value));
export const query = signal<Query>(fromSearch(location.search, defaults.peek()));
export const params = computed(() => paramsOf(view.value, query.value, filter.value));

export const items = signal<Task[]>([]);
export const total = signal<number | null>(null);
export const nextCursor = signal<string | null>(null);
export const phase = signal<"loading" | "ready" | "failed">("loading");
export const failure = signal<unknown>(null);
export const more = signal<"idle" | "loading" | "failed">("idle");

/** What the path names is not there: perhaps it was deleted. */
export const missing = computed(() => {
  if (view.value.kind === "unknown") return true;
  if (lists.phase.value !== "ready") return false;
  if (view.value.kind === "list") return !lists.listOf(view.value.id);
  return view.value.kind === "filter" && !filter.value;
});

/** The order is one's own, and can be changed here. */
export const isOrdered = computed(
  () => view.value.kind === "list" && query.value.sort === "position" && !query.value.q,
);

/** Counts the loads, so that an answer which comes too late is not shown. */
let generation = 0;
/** Counts what has changed, so that a list the server read before that is read again. */
let revision = 0;
/** While a view is read for the first time it is not held up; then it is read once more. */
let again = false;
/** The newest version of each task that was seen here: older news of it is none. */
const seen = new Map<string, number>();

session.onSignOut(() => {
  generation += 1;
  seen.clear();
  batch(() => {
    items.value = [];
    total.value = null;
    nextCursor.value = null;
    phase.value = "loading";
    query.value = defaults.peek();
  });
  // Whoever signs in next did not come for the list this one was at.
  if (view.peek().kind !== "unknown") go("/", { replace: true });
});

// The choices belong to the address: gone to, or come back to.
effect(() => {
  if (visit.value === 0) return;
  generation += 1;
  batch(() => {
    query.value = fromSearch(location.search, defaults.peek());
    items.value = [];
    total.value = null;
    nextCursor.value = null;
    phase.value = "loading";
  });
});

export function ask(changes: Partial<Query>): void {
  query.value = { ...query.value, ...changes };
  const search = toSearch(query.value, defaults.peek());
  // The filter survives a reload.
  if (search !== location.search) history.replaceState(null, "", location.pathname + search);
  void load();
}

/** Drops what narrows the view, and shows done tasks too. */
export function showAll(): void {
  ask({ ...defaults.peek(), status: "all" });
}

/** `quiet` keeps what is shown until the answer is there, and if there is none. */
export async function load({ quiet = false } = {}): Promise<void> {
  const mine = ++generation;
  const before = revision;
  if (!quiet) phase.value = "loading";
  try {
    if (view.peek().kind === "filter") await knownFilter();
    if (mine !== generation) return;
    const page = missing.peek() ? nothing : await api.listTasks(params.peek(), pageLength(quiet));
    if (mine !== generation) return;
    if (before !== revision) return await load({ quiet });
    page.items.forEach(see);
    batch(() => {
      items.value = page.items;
      total.value = page.total;
      nextCursor.value = page.next_cursor;
      phase.value = "ready";
      more.value = "idle";
    });
    if (again) refresh();
  } catch (error) {
    if (mine !== generation || quiet) return;
    failure.value = error;
    phase.value = "failed";
  }
}

/** Something was changed elsewhere. */
export function refresh(): void {
  again = phase.peek() === "loading";
  if (!again) void load({ quiet: phase.peek() === "ready" });
}

const nothing = { items: [], total: 0, next_cursor: null };

/** What a saved filter asks for is known to the server only. */
async function knownFilter(): Promise<void> {
  if (filter.peek()) return;
  await lists.known();
  if (lists.phase.peek() === "failed") throw lists.failure.peek();
  query.value = fromSearch(location.search, defaults.peek());
}

function pageLength(quiet: boolean): number {
  const length = query.peek().sort === "position" ? LONG_PAGE : PAGE;
  return quiet ? Math.min(100, Math.max(length, items.peek().length)) : length;
}

export async function loadMore(): Promise<void> {
  const cursor = nextCursor.value;
  if (!cursor || more.value === "loading") return;
  const mine = generation;
  more.value = "loading";
  try {
    const page = await api.listTasks(params.peek(), PAGE, cursor);
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

/** True when it is sure to be; else only the server may know. */
export function isShown(task: Task): boolean {
  return matches(task, params.peek()) === true;
}

/** A task was made: show it where it is sure to be, else ask the server. */
export function added(task: Task): void {
  see(task);
  noteChange();
  announce(task);
  const { sort } = query.peek();
  const narrowed = isNarrowed(query.peek());
  const shown = matches(task, params.peek());
  if (phase.value !== "ready" || narrowed || shown === null) {
    void load({ quiet: phase.value === "ready" });
  } else if (shown && sort === "-created_at") {
    items.value = [task, ...items.value.filter(({ id }) => id !== task.id)];
    if (total.value !== null) total.value += 1;
  } else if (shown) {
    void load({ quiet: true });
  }
}

function announce(task: Task): void {
  const here = view.peek();
  const list = lists.listOf(task.list_id);
  const name = `“${task.title}”`;
  if (matches(task, params.peek()) === false || query.peek().q) {
    const elsewhere = list && here.kind === "list" && list.id !== here.id;
    if (elsewhere) {
      const run = () => go(pathOf({ kind: "list", id: list.id }));
      tell(`Added ${name} to ${list.name}.`, { label: "Open list", run });
    } else {
      tell(`Added ${name}. The filter hides it.`, { label: "Show all", run: showAll });
    }
  } else {
    tell(list && here.kind !== "list" ? `Added ${name} to ${list.name}.` : `Added ${name}.`);
  }
}

/** Something was changed: what the server read before is out of date. */
export function noteChange(): void {
  revision += 1;
  lists.countsChanged();
}

/** A newer version of a task came from the server. */
export function put(task: Task): void {
  see(task);
  noteChange();
  items.value = items.value.map((old) => (old.id === task.id ? task : old));
}

function see({ id, version }: Pick<Task, "id" | "version">): void {
  seen.set(id, Math.max(version, seen.get(id) ?? 0));
}

/** False for what was done here, or is shown already. */
export function isNews(id: string, version: number | null): boolean {
  return version === null || version > (seen.get(id) ?? 0);
}

/** Shown in place of the old version, or no longer, or from now on. */
export function settle(saved: Task): void {
  see(saved);
  const listed = items.value.some(({ id }) => id === saved.id);
  const shown = matches(saved, params.peek());
  if (listed && shown !== false) put(saved);
  else if (listed) remove([saved.id]);
  if (!listed || shown === null) void load({ quiet: true });
}

/** Before the server has said anything. */
export function change(id: string, changes: Partial<Task>): void {
  items.value = items.value.map((task) => (task.id === id ? { ...task, ...changes } : task));
}

export function remove(ids: string[]): void {
  noteChange();
  // Going is a change too.
  for (const id of ids) see({ id, version: (seen.get(id) ?? 0) + 1 });
  const gone = new Set(ids);
  const kept = items.value.filter(({ id }) => !gone.has(id));
  const count = items.value.length - kept.length;
  if (count === 0) return;
  items.value = kept;
  if (total.value !== null) total.value -= count;
  // The page has run empty although there is more: fetch it.
  if (kept.length === 0 && nextCursor.value) void load();
}
