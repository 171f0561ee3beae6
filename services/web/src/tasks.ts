/** What is done to the tasks that are shown: at once on the page, taken back if refused. */

import * as api from "./api";
import { uuid7 } from "./ids";
import {
  change,
  isNews,
  items,
  load,
  noteChange,
  put,
  refresh,
  remove,
  settle,
} from "./listing";
import { countsChanged } from "./lists";
import type { News } from "./live";
import { complain, tell } from "./notices";
import { ApiError, explain } from "./problem";
import * as session from "./session";
import { counted, dueText } from "./time";
import { reordered } from "./tree";
import type { Operation, OperationResult, Task } from "./types";

export * from "./listing";

/** What the API takes at once. */
export const MOST = 100;

const busy = new Set<string>();
let placing = 0;

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
    const { occurrence } = completed ? task : { occurrence: null };
    const saved = await api.completeTask(task.id, completed, { occurrence });
    settle(saved);
    if (completed) void tellDone(task, saved);
  } catch (error) {
    change(task.id, { completed: task.completed });
    if (error instanceof ApiError && error.code === "occurrence_gone") {
      complain(`“${task.title}” has been moved on elsewhere. This is where it is now.`);
      void load({ quiet: true });
    } else {
      const what = completed ? "complete" : "reopen";
      complain(`Could not ${what} “${task.title}”. ${explain(error)}`);
    }
  } finally {
    busy.delete(task.id);
  }
}

async function tellDone(task: Task, saved: Task): Promise<void> {
  const back = { label: "Undo", run: () => void undo(saved) };
  if (!saved.completed) {
    const next = dueText(saved, session.zone.peek(), Date.now());
    tell(`Done: “${task.title}”. Next: ${next}.`, back);
    // Its subtasks are open again.
    if (task.subtasks_count) void load({ quiet: true });
    return;
  }
  const open = task.subtasks_count ? await openSubtasks(task.id) : 0;
  const reopen = { label: "Undo", run: () => setCompleted(saved, false) };
  if (open === 0) return tell(`Completed “${task.title}”.`, task.recurrence ? back : reopen);
  const label = open === 1 ? "Complete it too" : "Complete them too";
  const all = { label, run: () => void completeAll(saved) };
  tell(`Completed “${task.title}”. ${counted(open, "subtask")} still open.`, all, reopen);
}

async function openSubtasks(id: string): Promise<number> {
  try {
    const page = await api.listTasks({ parent_id: id, status: "pending" }, 1);
    return page.total ?? page.items.length;
  } catch {
    return 0;
  }
}

async function completeAll(task: Task): Promise<void> {
  try {
    const { items: open } = await api.listTasks({ parent_id: task.id, status: "pending" }, MOST);
    const done = await changeMany(
      open.map(({ id, occurrence }) => ({
        op: "complete",
        id,
        completed: true,
        subtasks: "complete",
        ...(occurrence ? { occurrence } : {}),
      })),
    );
    const run = () => void undoAll(done);
    tell(`Completed the subtasks of “${task.title}” too.`, { label: "Undo", run });
  } catch (error) {
    complain(`Could not complete the subtasks of “${task.title}”. ${explain(error)}`);
  }
}

async function undoAll(results: OperationResult[]): Promise<void> {
  try {
    for (const { id } of results) await api.undoTask(id);
    tell("The subtasks are open again.");
  } catch (error) {
    complain(`Could not undo that for all subtasks. ${explain(error)}`);
  }
  noteChange();
  await load({ quiet: true });
}

/** Takes the last change of a task back, with all it did to its subtasks. */
async function undo(task: Task): Promise<void> {
  try {
    const saved = await api.undoTask(task.id, task.version);
    put(saved);
    await load({ quiet: true });
    tell(`Brought “${saved.title}” back to what it was.`);
  } catch (error) {
    const changed = error instanceof ApiError && error.status === 412;
    const why = changed ? "It was changed since." : explain(error);
    complain(`Could not undo that for “${task.title}”. ${why}`);
  }
}

/** True when the task is in the trash; the list no longer shows it. */
export async function trash(task: Task): Promise<boolean> {
  if (busy.has(task.id)) return false;
  busy.add(task.id);
  try {
    await api.trashTask(task.id);
    remove(withSubtasks(task.id));
    tell(`Moved “${task.title}” to the trash.`, { label: "Undo", run: () => void restore(task) });
    return true;
  } catch (error) {
    complain(`Could not delete “${task.title}”. ${explain(error)}`);
    return false;
  } finally {
    busy.delete(task.id);
  }
}

/** Those that are shown. */
function withSubtasks(id: string): string[] {
  const found = new Set([id]);
  let before = 0;
  while (found.size > before) {
    before = found.size;
    for (const task of items.value) {
      if (task.parent_id && found.has(task.parent_id)) found.add(task.id);
    }
  }
  return [...found];
}

/** Out of the trash again; what lay in there with it comes along. */
export async function restore(task: Task): Promise<void> {
  try {
    await api.restoreTask(task.id);
    noteChange();
    await load({ quiet: true });
    tell(`Brought back “${task.title}”.`);
  } catch (error) {
    complain(`Could not bring back “${task.title}”. ${explain(error)}`, {
      label: "Try again",
      run: () => void restore(task),
    });
  }
}

/** Throws when it could not be. */
export async function deleteForGood(task: Task): Promise<void> {
  await api.deleteTask(task.id);
  remove([task.id]);
  void load({ quiet: true });
  tell(`Deleted “${task.title}” for good.`);
}

let moving: Promise<void> = Promise.resolve();

/** In one's own order; one move after the other, as they were made. */
export function place(task: Task, beside: Task, where: "after" | "before"): void {
  items.value = reordered(items.value, task.id, beside.id, where);
  moving = moving.then(() => sendPlace(task, beside, where));
}

async function sendPlace(task: Task, beside: Task, where: "after" | "before"): Promise<void> {
  placing += 1;
  try {
    const to = where === "after" ? { after_id: beside.id } : { before_id: beside.id };
    put(await api.moveTask(task.id, to));
  } catch (error) {
    complain(`Could not move “${task.title}”. ${explain(error)}`);
    await load({ quiet: true });
  } finally {
    placing -= 1;
  }
}

const LOOK_AGAIN_MS = 300;
let refreshing: ReturnType<typeof setTimeout> | undefined;

/** Tasks were changed elsewhere: take that up, unless all of it is known. */
export function refreshShown(news: News): void {
  if (news?.every(({ id, version }) => !isNews(id, version))) return;
  clearTimeout(refreshing);
  // What is being sent is shown already, and the server may not have it yet.
  if (busy.size > 0 || placing > 0) {
    refreshing = setTimeout(() => refreshShown(null), LOOK_AGAIN_MS);
    return;
  }
  countsChanged();
  refresh();
}

/** All of them or, if it throws, none. */
export async function changeMany(operations: Operation[]): Promise<OperationResult[]> {
  const results = await api.runBatch(operations, uuid7());
  noteChange();
  await load({ quiet: true });
  return results;
}
