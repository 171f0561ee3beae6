/** The task whose dialog is open, and asking for another one from anywhere on the page. */

import { signal } from "@preact/signals";

import { getTask } from "./api";
import { complain } from "./notices";
import { ApiError, explain } from "./problem";
import * as session from "./session";
import type { Task } from "./types";

export const opened = signal<Task | null>(null);
/** Asked for while a dialog is open, which first asks for what is not saved in it. */
export const wanted = signal<string | null>(null);

session.onSignOut(() => {
  opened.value = null;
  wanted.value = null;
});

export async function openTask(id: string): Promise<void> {
  if (opened.peek()) {
    wanted.value = id;
    return;
  }
  try {
    const task = await getTask(id);
    if (task.deleted_at) complain(`“${task.title}” is in the trash.`);
    else opened.value = task;
  } catch (error) {
    const gone = error instanceof ApiError && error.status === 404;
    complain(gone ? "That task is gone." : `Could not open that task. ${explain(error)}`);
  }
}

/** The task that the address asks for, as push messages do: `/?task=…`. Asks once. */
export function askedFor(): string | null {
  const params = new URLSearchParams(location.search);
  const id = params.get("task");
  if (id === null) return null;
  params.delete("task");
  history.replaceState(null, "", location.pathname + (params.size ? `?${params}` : ""));
  return id;
}
