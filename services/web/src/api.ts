/** The endpoints of tasks and reminders; lists, labels, imports and feeds: `organizing.ts`. */

import { receive, send, type Options } from "./http";
import { ApiError } from "./problem";
import * as session from "./session";
import type {
  Activity,
  Channel,
  Completion,
  Delivery,
  Move,
  NewReminder,
  NewTask,
  Occurrence,
  Operation,
  OperationResult,
  Page,
  Parsed,
  QuickTask,
  RecurrencePreview,
  Reminder,
  Task,
  TaskParams,
  TaskPatch,
} from "./types";

/** As `send`, with the access token; renewed once when the API no longer takes it. */
export function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  return authorized((token) => send<T>(method, path, { ...options, token }));
}

export async function authorized<T>(request: (token: string | null) => Promise<T>): Promise<T> {
  const token = session.token();
  try {
    return await request(token);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
    await session.replace(token);
    return request(session.token());
  }
}

/** A query string of the parameters that are given; a list gives its parameter once for each. */
export function search(params: object): URLSearchParams {
  const result = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") result.append(key, String(one));
    }
  }
  return result;
}

// --- tasks

/** The first page, or with `cursor` the one after it. */
export function listTasks(
  query: TaskParams,
  perPage: number,
  cursor?: string,
): Promise<Page<Task>> {
  const { status = "all", sort, ...rest } = query;
  // A search without a chosen order comes best match first.
  const order = query.q && sort === "-created_at" ? undefined : sort;
  // The cursor remembers how long a page is.
  const place = cursor ? { cursor } : { per_page: perPage };
  const params = search({ status, ...rest, sort: order, ...place });
  return call("GET", `/tasks?${params}`);
}

export function getTask(id: string): Promise<Task> {
  return call("GET", `/tasks/${id}`);
}

/**
 * The id is ours, so a request that got through although its answer was lost shows as 409:
 * then the task is there, and gets whatever was changed in the form since.
 */
export async function createTask(task: NewTask): Promise<Task> {
  try {
    return await call<Task>("POST", "/tasks", { body: task });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    const { id, default_reminder: _, ...wanted } = task;
    const there = await getTask(id).catch(() => Promise.reject(error));
    return updateTask(there, { description: "", due_at: null, due_date: null, ...wanted });
  }
}

/** A task in one line of text. The key is made once for a task, however often it is sent. */
export function quickAdd(task: QuickTask, key: string): Promise<{ task: Task; parsed: Parsed }> {
  return call("POST", "/tasks/quick", { body: task, idempotencyKey: key });
}

/** What such a line would be understood as; nothing is made. */
export async function quickPreview(task: QuickTask, signal: AbortSignal): Promise<Parsed> {
  const body = { ...task, dry_run: true };
  // Not by `call`: nobody's session ends because of what they have not sent yet.
  const options = { body, signal, token: session.token() };
  return (await send<{ parsed: Parsed }>("POST", "/tasks/quick", options)).parsed;
}

export function updateTask(task: Task, changes: TaskPatch): Promise<Task> {
  return call("PATCH", `/tasks/${task.id}`, { body: changes, ifMatch: task.version });
}

interface CompleteOptions {
  /** The one of a repeating task that is meant: doing it twice does nothing. */
  occurrence?: string | null;
  subtasks?: "complete" | "keep";
}

export function completeTask(
  id: string,
  completed: boolean,
  { occurrence, subtasks }: CompleteOptions = {},
): Promise<Task> {
  const body = { completed, ...(occurrence ? { occurrence } : {}) };
  const query = subtasks ? `?subtasks=${subtasks}` : "";
  return call("PATCH", `/tasks/${id}/complete${query}`, { body });
}

/** Leave out an occurrence of a repeating task. */
export function skipTask(id: string, occurrence?: string | null): Promise<Task> {
  return call("POST", `/tasks/${id}/skip`, { body: occurrence ? { occurrence } : {} });
}

export function moveTask(id: string, to: Move): Promise<Task> {
  return call("POST", `/tasks/${id}/move`, { body: to });
}

export function trashTask(id: string): Promise<void> {
  return call("DELETE", `/tasks/${id}`);
}

export function deleteTask(id: string): Promise<void> {
  return call("DELETE", `/tasks/${id}?permanent=true`);
}

export function restoreTask(id: string): Promise<Task> {
  return call("POST", `/tasks/${id}/restore`);
}

/** Takes back the last change that is not taken back yet; 409 `nothing_to_undo`. */
export function undoTask(id: string, ifMatch?: number): Promise<Task> {
  return call("POST", `/tasks/${id}/undo`, ifMatch === undefined ? {} : { ifMatch });
}

/** All of them or none, in order; at most 100. */
export async function runBatch(operations: Operation[], key: string): Promise<OperationResult[]> {
  const body = { operations };
  const answer = await call<{ results: OperationResult[] }>("POST", "/tasks/batch", {
    body,
    idempotencyKey: key,
  });
  return answer.results;
}

export function listSubtasks(id: string, cursor?: string): Promise<Page<Task>> {
  return listTasks({ parent_id: id, sort: "position" }, 100, cursor);
}

export function listActivity(id: string, cursor?: string): Promise<Page<Activity>> {
  return call("GET", `/tasks/${id}/activity?${search({ cursor })}`);
}

export function listCompletions(id: string, cursor?: string): Promise<Page<Completion>> {
  return call("GET", `/tasks/${id}/completions?${search({ cursor })}`);
}

/** The dates to come, the current one first. */
export async function listOccurrences(id: string, limit = 10): Promise<Occurrence[]> {
  const answer = await call<Page<Occurrence>>("GET", `/tasks/${id}/occurrences?limit=${limit}`);
  return answer.items;
}

/** The dates a rule would give; nothing is made. */
export async function previewRecurrence(
  rule: RecurrencePreview,
  signal?: AbortSignal,
): Promise<Occurrence[]> {
  const options = signal ? { body: rule, signal } : { body: rule };
  const answer = await call<{ items: Occurrence[] }>("POST", "/recurrence/preview", options);
  return answer.items;
}

/** All tasks as a file; our own JSON can be imported again. */
export function exportTasks(format: "json" | "csv", trashed = false): Promise<Blob> {
  const params = search({ format, trashed: trashed || undefined });
  return authorized((token) => receive(`/tasks/export?${params}`, { token }));
}

// --- reminders

export function listReminders(taskId: string): Promise<Page<Reminder>> {
  return call("GET", `/tasks/${taskId}/reminders?per_page=100`);
}

/** As with tasks: 409 for our own id says that an earlier try got through. */
export async function createReminder(taskId: string, reminder: NewReminder): Promise<void> {
  try {
    await call("POST", `/tasks/${taskId}/reminders`, { body: reminder });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    const { items } = await listReminders(taskId);
    if (!items.some(({ id }) => id === reminder.id)) throw error;
  }
}

export function updateReminder(id: string, changes: { channels: Channel[] }): Promise<Reminder> {
  return call("PATCH", `/reminders/${id}`, { body: changes });
}

export function removeReminder(id: string): Promise<void> {
  return call("DELETE", `/reminders/${id}`);
}

export function listDeliveries(reminderId: string): Promise<Page<Delivery>> {
  return call("GET", `/reminders/${reminderId}/deliveries`);
}
