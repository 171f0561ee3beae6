/** The fields of a task as they are typed, and what they mean for the API. */

import { toInstant, toLocal } from "./time";
import type { NewTask, Priority, Task, TaskPatch } from "./types";

export interface TaskFields {
  title: string;
  description: string;
  priority: Priority;
  /** The value of the date input: a date when `allDay`, else a date and a time. */
  due: string;
  allDay: boolean;
}

export const PRIORITIES: [Priority, string][] = [
  ["low", "Low"],
  ["medium", "Medium"],
  ["high", "High"],
  ["urgent", "Urgent"],
];

export const emptyFields: TaskFields = {
  title: "",
  description: "",
  priority: "medium",
  due: "",
  allDay: false,
};

export function fieldsOf(task: Task, zone: string): TaskFields {
  return {
    title: task.title,
    description: task.description ?? "",
    priority: task.priority,
    due: task.due_at ? toLocal(task.due_at, zone) : (task.due_date ?? ""),
    allDay: task.due_date !== null,
  };
}

export function newTask(id: string, fields: TaskFields, zone: string): NewTask {
  return {
    id,
    title: fields.title.trim(),
    priority: fields.priority,
    ...(fields.description.trim() ? { description: fields.description } : {}),
    ...(fields.due ? { time_zone: zone } : {}),
    ...(fields.due && fields.allDay ? { due_date: fields.due } : {}),
    ...(fields.due && !fields.allDay ? { due_at: toInstant(fields.due, zone) } : {}),
  };
}

/** When it is due; the API counts a day as due at nine in the morning. */
export function dueInstant(fields: TaskFields, zone: string): string | null {
  if (!fields.due) return null;
  return toInstant(fields.allDay ? `${fields.due}T09:00` : fields.due, zone);
}

/** Only what was changed: an absent field stays as it is. */
export function patchOf(before: TaskFields, typed: TaskFields, zone: string): TaskPatch {
  const patch: TaskPatch = {};
  if (typed.title !== before.title) patch.title = typed.title.trim();
  if (typed.description !== before.description) patch.description = typed.description;
  if (typed.priority !== before.priority) patch.priority = typed.priority;
  if (!sameDue(typed, before)) {
    patch.due_date = typed.due && typed.allDay ? typed.due : null;
    patch.due_at = typed.due && !typed.allDay ? toInstant(typed.due, zone) : null;
    if (typed.due) patch.time_zone = zone;
  }
  return patch;
}

/** The newest version of a task, with what was typed here kept on top of it. */
export function merged(before: TaskFields, typed: TaskFields, newest: TaskFields): TaskFields {
  const due = sameDue(typed, before) ? newest : typed;
  return {
    title: typed.title === before.title ? newest.title : typed.title,
    description: typed.description === before.description ? newest.description : typed.description,
    priority: typed.priority === before.priority ? newest.priority : typed.priority,
    due: due.due,
    allDay: due.allDay,
  };
}

/** The checkbox "All day" turned: keep the day, and give a morning to what had none. */
export function withAllDay(fields: TaskFields, allDay: boolean): TaskFields {
  const day = fields.due.slice(0, 10);
  return { ...fields, allDay, due: day && !allDay ? `${day}T09:00` : day };
}

export function sameDue(one: TaskFields, other: TaskFields): boolean {
  return one.due === other.due && (one.due === "" || one.allDay === other.allDay);
}
