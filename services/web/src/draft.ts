/** The task being written, and reminders that could not be saved with their task. */

import { signal } from "@preact/signals";

import * as api from "./api";
import { uuid7 } from "./ids";
import { tell } from "./notices";
import { choose, type ReminderChoice } from "./reminders";
import * as session from "./session";
import { emptyFields, newTask, type TaskFields } from "./taskForm";
import { added, put } from "./tasks";
import type { NewReminder, Task } from "./types";

interface Draft {
  /** Made once for a task, however often it has to be sent. */
  id: string;
  fields: TaskFields;
  reminder: ReminderChoice;
}

/** A task that is there, without the reminder that was wanted for it. */
export interface Unsaved {
  task: Task;
  body: NewReminder;
  error: unknown;
  trying: boolean;
}

/** Outside the form, so that it outlives a session that ends while somebody types. */
export const draft = signal<Draft>(blank());
export const unsaved = signal<Unsaved[]>([]);

session.onSignOut(() => {
  draft.value = blank();
  unsaved.value = [];
});

function blank(): Draft {
  return { id: uuid7(), fields: emptyFields, reminder: choose("") };
}

export function clearDraft(): void {
  draft.value = blank();
}

/** Throws when the task was not added; a reminder that fails is kept in `unsaved`. */
export async function addTask(reminder: NewReminder | null): Promise<void> {
  const { id, fields } = draft.value;
  const wanted = newTask(id, fields, session.zone.value);
  // The form shows the usual reminder, and somebody may have taken it away.
  const task = await api.createTask({ ...wanted, default_reminder: false });
  clearDraft();
  added(task);
  if (reminder) await addReminder(task, reminder);
}

async function addReminder(task: Task, body: NewReminder): Promise<void> {
  try {
    await api.createReminder(task.id, body);
    await refresh(task);
  } catch (error) {
    unsaved.value = [...unsaved.value, { task, body, error, trying: false }];
  }
}

export async function tryAgain(one: Unsaved): Promise<void> {
  change(one, { trying: true });
  try {
    await api.createReminder(one.task.id, one.body);
    giveUp(one);
    tell(`Saved the reminder of “${one.task.title}”.`);
    await refresh(one.task);
  } catch (error) {
    change(one, { trying: false, error });
  }
}

export function giveUp({ body }: Unsaved): void {
  unsaved.value = unsaved.value.filter((one) => one.body.id !== body.id);
}

function change({ body }: Unsaved, changes: Partial<Unsaved>): void {
  unsaved.value = unsaved.value.map((one) =>
    one.body.id === body.id ? { ...one, ...changes } : one,
  );
}

/** Its number of reminders and its version have changed; not worth a message if this fails. */
export async function refresh(task: Task): Promise<Task> {
  try {
    const newest = await api.getTask(task.id);
    put(newest);
    return newest;
  } catch {
    return task;
  }
}
