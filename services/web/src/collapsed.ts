/** Which tasks have their subtasks folded away; kept in this browser. */

import { signal } from "@preact/signals";

import * as session from "./session";

const KEY = "taskbell.collapsed";
/** The oldest are forgotten. */
const MOST = 500;

export const collapsed = signal<ReadonlySet<string>>(kept());

session.onSignOut(() => keep(new Set()));

export function toggleCollapsed(id: string): void {
  const next = new Set(collapsed.value);
  if (!next.delete(id)) next.add(id);
  keep(new Set([...next].slice(-MOST)));
}

function kept(): Set<string> {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(ids) ? ids.map(String) : []);
  } catch {
    return new Set();
  }
}

function keep(ids: ReadonlySet<string>): void {
  collapsed.value = ids;
  try {
    if (ids.size > 0) localStorage.setItem(KEY, JSON.stringify([...ids]));
    else localStorage.removeItem(KEY);
  } catch {
    // No storage: then it lasts until the next load.
  }
}
