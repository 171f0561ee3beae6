/** The fields of a task as they are typed, and what they mean for the API. */

import { rebased } from "./presets";
import type { Anchor } from "./recurrence";
import { dateIn, toInstant, toLocal } from "./time";
import type { NewTask, Priority, Recurrence, Task, TaskPatch } from "./types";
import { sameName } from "./views";

export interface TaskFields {
  title: string;
  description: string;
  priority: Priority;
  /** The value of the date input: a date when `allDay`, else a date and a time. */
  due: string;
  allDay: boolean;
  /** "" is the inbox. */
  listId: string;
  labels: string[];
  /** A date, or "". */
  start: string;
  /** How it repeats, or "". */
  rrule: string;
  anchor: Anchor;
  /** The due day for which the rule was made; another day may take the rule along. */
  ruleDay: string;
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
  allDay: true,
  listId: "",
  labels: [],
  start: "",
  rrule: "",
  anchor: "schedule",
  ruleDay: "",
};

export function fieldsOf(task: Task, zone: string): TaskFields {
  const due = task.due_at ? toLocal(task.due_at, zone) : (task.due_date ?? "");
  return {
    title: task.title,
    description: task.description ?? "",
    priority: task.priority,
    due,
    // Where nothing is due yet, a day is enough.
    allDay: task.due_at === null,
    listId: task.list_id,
    labels: task.labels,
    start: task.start_date ?? "",
    rrule: task.recurrence?.rrule ?? "",
    anchor: task.recurrence?.anchor ?? "schedule",
    ruleDay: due.slice(0, 10),
  };
}

export function newTask(id: string, fields: TaskFields, zone: string): NewTask {
  const recurrence = recurrenceOf(fields, zone);
  return {
    id,
    title: fields.title.trim(),
    priority: fields.priority,
    ...(fields.description.trim() ? { description: fields.description } : {}),
    ...(fields.due || recurrence ? { time_zone: zone } : {}),
    ...(fields.due && fields.allDay ? { due_date: fields.due } : {}),
    ...(fields.due && !fields.allDay ? { due_at: toInstant(fields.due, zone) } : {}),
    ...(fields.listId ? { list_id: fields.listId } : {}),
    ...(fields.labels.length ? { labels: fields.labels } : {}),
    ...(fields.start ? { start_date: fields.start } : {}),
    ...(recurrence ? { recurrence } : {}),
  };
}

/** When it is due; a day counts as due at `allDayTime`, such as `09:00`. */
export function dueInstant(fields: TaskFields, zone: string, allDayTime: string): string | null {
  if (!fields.due) return null;
  return toInstant(fields.allDay ? `${fields.due}T${allDayTime}` : fields.due, zone);
}

/** What a new due time of a repeating task is for. */
export type Which = "this" | "following";

/** Only what was changed: an absent field stays as it is. */
export function patchOf(
  before: TaskFields,
  typed: TaskFields,
  zone: string,
  which: Which = "this",
): TaskPatch {
  const patch: TaskPatch = {};
  if (typed.title !== before.title) patch.title = typed.title.trim();
  if (typed.description !== before.description) patch.description = typed.description;
  if (typed.priority !== before.priority) patch.priority = typed.priority;
  if (!sameDue(typed, before)) {
    patch.due_date = typed.due && typed.allDay ? typed.due : null;
    patch.due_at = typed.due && !typed.allDay ? toInstant(typed.due, zone) : null;
    if (typed.due) patch.time_zone = zone;
  }
  if (typed.listId !== before.listId) patch.list_id = typed.listId;
  if (!sameLabels(typed, before)) patch.labels = typed.labels;
  if (typed.start !== before.start) patch.start_date = typed.start || null;
  if (!sameRepeat(typed, before)) patch.recurrence = recurrenceOf(typed, zone);
  else if (stopsSeries(before, typed)) patch.recurrence = null;
  else if (movesSeries(before, typed) && which === "following") {
    patch.recurrence = recurrenceOf(typed, zone);
  }
  // The days of a rule are those of the clock it was chosen by.
  if (patch.recurrence) patch.time_zone = zone;
  return patch;
}

function recurrenceOf(fields: TaskFields, zone: string): Recurrence | null {
  return fields.rrule ? { rrule: ruleAt(fields, zone), anchor: fields.anchor } : null;
}

/** The rule as it goes on from the due time in the form. */
export function ruleAt(fields: TaskFields, zone: string): string {
  const { rrule, ruleDay, due } = fields;
  const day = due ? due.slice(0, 10) : ruleDay;
  return rrule && ruleDay ? rebased(rrule, ruleDay, day, zone) : rrule;
}

/** The day from which rules are thought up: without a due date they begin today. */
export function firstDay({ due }: TaskFields, zone: string, now: number): string {
  return due ? due.slice(0, 10) : dateIn(zone, now);
}

/** A repeating task was given another due time: for this once, or for all that follow? */
export function movesSeries(before: TaskFields, typed: TaskFields): boolean {
  const repeats = typed.rrule !== "" && sameRepeat(typed, before);
  return repeats && typed.due !== "" && !sameDue(typed, before);
}

/** A repeating task lost its due time: there is nothing left to count from. */
export function stopsSeries(before: TaskFields, typed: TaskFields): boolean {
  return before.due !== "" && typed.due === "" && typed.rrule !== "" && sameRepeat(typed, before);
}

/** The newest version of a task, with what was typed here kept on top of it. */
export function merged(before: TaskFields, typed: TaskFields, newest: TaskFields): TaskFields {
  const mine = <K extends keyof TaskFields>(key: K, same = typed[key] === before[key]) =>
    (same ? newest : typed)[key];
  const due = sameDue(typed, before);
  const repeat = sameRepeat(typed, before);
  return {
    title: mine("title"),
    description: mine("description"),
    priority: mine("priority"),
    due: mine("due", due),
    allDay: mine("allDay", due),
    listId: mine("listId"),
    labels: mergedLabels(before.labels, typed.labels, newest.labels),
    start: mine("start"),
    rrule: mine("rrule", repeat),
    anchor: mine("anchor", repeat),
    ruleDay: mine("ruleDay", repeat),
  };
}

/** Labels are put on and taken off one by one, so both sides' changes can stand. */
function mergedLabels(before: string[], typed: string[], newest: string[]): string[] {
  const kept = newest.filter((name) => has(typed, name) || !has(before, name));
  return [...kept, ...typed.filter((name) => !has(before, name) && !has(kept, name))];
}

export function has(labels: string[], name: string): boolean {
  return labels.some((one) => sameName(one, name));
}

/** The checkbox "All day" turned: keep the day, and give a morning to what had none. */
export function withAllDay(fields: TaskFields, allDay: boolean): TaskFields {
  const day = fields.due.slice(0, 10);
  return { ...fields, allDay, due: day && !allDay ? `${day}T09:00` : day };
}

export function sameDue(one: TaskFields, other: TaskFields): boolean {
  return one.due === other.due && (one.due === "" || one.allDay === other.allDay);
}

export function sameRepeat(one: TaskFields, other: TaskFields): boolean {
  return one.rrule === other.rrule && (one.rrule === "" || one.anchor === other.anchor);
}

export function sameLabels({ labels: one }: TaskFields, { labels: other }: TaskFields): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
