/** The endpoints of tasks and reminders, called as the signed-in user. */

import { send, type Options } from "./http";
import { ApiError } from "./problem";
import * as session from "./session";
import type { Delivery, NewReminder, NewTask, Page, Reminder, Task, TaskPatch } from "./types";

export interface TaskQuery {
  status: "all" | "pending" | "completed";
  q: string;
  sort: string;
}

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

/** The first page, or with `cursor` the one after it. */
export function listTasks(query: TaskQuery, perPage: number, cursor?: string): Promise<Page<Task>> {
  const params = new URLSearchParams({ status: query.status, per_page: String(perPage) });
  if (query.q) params.set("q", query.q);
  // A search without a chosen order comes best match first.
  if (!(query.q && query.sort === "-created_at")) params.set("sort", query.sort);
  if (cursor) {
    params.delete("per_page");
    params.set("cursor", cursor);
  }
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
    const { id, ...wanted } = task;
    const there = await getTask(id).catch(() => Promise.reject(error));
    return updateTask(there, { description: "", due_at: null, due_date: null, ...wanted });
  }
}

export function updateTask(task: Task, changes: TaskPatch): Promise<Task> {
  return call("PATCH", `/tasks/${task.id}`, { body: changes, ifMatch: task.version });
}

export function completeTask(id: string, completed: boolean): Promise<Task> {
  return call("PATCH", `/tasks/${id}/complete`, { body: { completed } });
}

export function trashTask(id: string): Promise<void> {
  return call("DELETE", `/tasks/${id}`);
}

export function restoreTask(id: string): Promise<Task> {
  return call("POST", `/tasks/${id}/restore`);
}

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

export function removeReminder(id: string): Promise<void> {
  return call("DELETE", `/reminders/${id}`);
}

export function listDeliveries(reminderId: string): Promise<Page<Delivery>> {
  return call("GET", `/reminders/${reminderId}/deliveries`);
}
