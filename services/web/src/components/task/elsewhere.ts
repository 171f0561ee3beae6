/** What others wrote into the fields that were also changed here. */

import { now } from "../../clock";
import { listOf } from "../../lists";
import { repeatText } from "../../recurrenceText";
import { fieldsOf, PRIORITIES, sameDue, sameRepeat, type TaskFields } from "../../taskForm";
import { dueText } from "../../time";
import type { Task } from "../../types";
import type { Elsewhere } from "../TaskFieldset";

/** Labels are not among them: both sides' changes stand. */
export function elsewhereIn(
  newer: Task,
  before: TaskFields,
  mine: TaskFields,
  zone: string,
): Elsewhere {
  const theirs = fieldsOf(newer, zone);
  const result: Elsewhere = {};
  const differs = (same: (one: TaskFields, other: TaskFields) => boolean) =>
    !same(mine, before) && !same(theirs, before) && !same(theirs, mine);
  const differsIn = (key: keyof TaskFields) => differs((one, other) => one[key] === other[key]);

  if (differsIn("title")) result.title = theirs.title;
  if (differsIn("description")) result.description = theirs.description;
  if (differsIn("priority")) {
    result.priority = PRIORITIES.find(([key]) => key === theirs.priority)?.[1] ?? theirs.priority;
  }
  if (differsIn("listId")) result.list = listOf(theirs.listId)?.name ?? "another list";
  if (differs(sameDue)) result.due = dueText(newer, zone, now.peek());
  if (differsIn("start")) result.start = dayText(theirs.start, zone);
  if (differs(sameRepeat)) {
    result.repeat = theirs.rrule ? repeatText(theirs.rrule) : "Does not repeat";
  }
  return result;
}

function dayText(date: string, zone: string): string {
  return date && dueText({ due_date: date, due_at: null }, zone, now.peek());
}
