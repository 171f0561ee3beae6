/** The notifications behind the bell, and how many of them nobody has read. */

import { batch, signal } from "@preact/signals";

import type { News } from "./live";
import { complain, remind } from "./notices";
import * as notifying from "./notifying";
import { openTask } from "./opened";
import { explain } from "./problem";
import * as session from "./session";
import type { Notification } from "./types";

const PAGE = 20;
/** What came before that is old news when a page is loaded; clocks may differ a little. */
const FRESH_MS = 120_000;

export const unread = signal(0);
/** The newest first; null before they were read. */
export const items = signal<Notification[] | null>(null);
export const nextCursor = signal<string | null>(null);
export const failure = signal<unknown>(null);

let generation = 0;
let counted = false;
/** Those that were read or deleted here: nothing new when the server tells of it. */
const mine = new Set<string>();

session.onSignOut(() => {
  generation += 1;
  counted = false;
  mine.clear();
  batch(() => {
    unread.value = 0;
    items.value = null;
    nextCursor.value = null;
    failure.value = null;
  });
});

/** The number alone, once. */
export async function count(): Promise<void> {
  if (counted) return;
  const asked = generation;
  try {
    const found = await notifying.countUnread();
    if (asked !== generation) return;
    counted = true;
    unread.value = found;
  } catch {
    // It is told with the next news.
  }
}

/** The newest page, and the number. */
export async function load(): Promise<void> {
  const asked = ++generation;
  try {
    const [page, found] = await Promise.all([
      notifying.listNotifications(PAGE),
      notifying.countUnread(),
    ]);
    if (asked !== generation) return;
    counted = true;
    batch(() => {
      unread.value = found;
      take(page.items, page.next_cursor);
      failure.value = null;
    });
  } catch (error) {
    if (asked === generation) failure.value = error;
  }
}

/** Older ones that were read stay, so that nothing jumps. */
function take(newest: Notification[], cursor: string | null): void {
  const old = items.peek() ?? [];
  const last = newest.at(-1)?.id ?? "";
  const older = cursor === null ? [] : old.filter(({ id }) => id < last);
  items.value = [...newest, ...older];
  if (older.length === 0) nextCursor.value = cursor;
}

export async function more(): Promise<void> {
  const cursor = nextCursor.peek();
  if (!cursor) return;
  const asked = generation;
  const page = await notifying.listNotifications(PAGE, cursor);
  if (asked !== generation) return;
  const known = new Set(items.peek()?.map(({ id }) => id));
  batch(() => {
    items.value = [...(items.peek() ?? []), ...page.items.filter(({ id }) => !known.has(id))];
    nextCursor.value = page.next_cursor;
  });
}

/** What the server tells of them. New ones are shown at once. */
export async function hear(news: News): Promise<void> {
  if (news?.every(({ id, action }) => action !== "created" && mine.has(id))) return;
  const before = new Set(items.peek()?.map(({ id }) => id));
  await load();
  if (!news || document.visibilityState === "hidden") return;
  const made = new Set(news.filter(({ action }) => action === "created").map(({ id }) => id));
  const fresh = ({ id, read_at, created_at }: Notification) =>
    made.has(id) && !before.has(id) && !read_at && Date.now() - Date.parse(created_at) < FRESH_MS;
  items.peek()?.filter(fresh).slice(0, 2).toReversed().forEach(announce);
}

function announce({ id, kind, title, task_id }: Notification): void {
  const text = kind === "reminder" ? `Reminder: ${title}` : title;
  const open = () => {
    void read(id);
    if (task_id) void openTask(task_id);
  };
  if (task_id) remind(text, { label: "Open", run: open });
  else remind(text);
}

/** Shown at once, taken back if the server refuses. */
export async function read(id: string): Promise<void> {
  const one = items.peek()?.find((item) => item.id === id);
  if (one?.read_at) return;
  await attempt(id, () => notifying.markRead(id), () => {
    change(id, { read_at: new Date().toISOString() });
    unread.value = Math.max(0, unread.peek() - 1);
  }, "Not marked as read.");
}

export async function remove(one: Notification): Promise<void> {
  await attempt(one.id, () => notifying.deleteNotification(one.id), () => {
    items.value = items.peek()?.filter(({ id }) => id !== one.id) ?? null;
    if (!one.read_at) unread.value = Math.max(0, unread.peek() - 1);
  }, `Could not delete “${one.title}”.`);
}

export async function readAll(): Promise<void> {
  const at = new Date().toISOString();
  const all = items.peek()?.filter(({ read_at }) => !read_at) ?? [];
  all.forEach(({ id }) => mine.add(id));
  await attempt("", () => notifying.markAllRead(), () => {
    items.value = items.peek()?.map((one) => ({ ...one, read_at: one.read_at ?? at })) ?? null;
    unread.value = 0;
  }, "Not marked as read.");
}

async function attempt(
  id: string,
  send: () => Promise<unknown>,
  show: () => void,
  failed: string,
): Promise<void> {
  const before = [items.peek(), unread.peek()] as const;
  const asked = ++generation;
  if (id) mine.add(id);
  batch(show);
  try {
    await send();
  } catch (error) {
    mine.delete(id);
    complain(`${failed} ${explain(error)}`);
    if (asked !== generation) return void load();
    batch(() => {
      [items.value, unread.value] = before;
    });
  }
}

function change(id: string, changes: Partial<Notification>): void {
  items.value =
    items.peek()?.map((one) => (one.id === id ? { ...one, ...changes } : one)) ?? null;
}
