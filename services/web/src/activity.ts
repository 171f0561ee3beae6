/** What happened to a task, in words. */

import { listOf } from "./lists";
import { recurrenceWords } from "./recurrenceWords";
import * as session from "./session";
import { has, PRIORITIES } from "./taskForm";
import { dueText } from "./time";
import type { Activity } from "./types";

const ACTIONS: Record<Activity["action"], string> = {
  created: "Created",
  updated: "Changed",
  completed: "Completed",
  reopened: "Reopened",
  skipped: "Skipped",
  moved: "Moved",
  deleted: "Moved to the trash",
  restored: "Brought back from the trash",
  undone: "Undone",
};

/** Ways in, as the API names them; the page and its like need no words. */
const VIAS: Record<string, string> = {
  api_token: ", with an API token",
  import: ", by an import",
  system: ", by Taskbell itself",
};

export function headline({ action, by }: Activity): string {
  const who = by.user_id === session.user.peek()?.id ? "you" : "somebody else";
  return `${ACTIONS[action] ?? action} by ${who}${VIAS[by.via ?? ""] ?? ""}`;
}

const NAMES: Record<string, string> = {
  title: "Title",
  description: "Description",
  priority: "Priority",
  labels: "Labels",
  list_id: "List",
  parent_id: "Part of",
  start_date: "Start",
  due_date: "Due",
  due_at: "Due",
  time_zone: "Time zone",
};

/** Each field that changed: `Title: “Buy milk” → “Buy oat milk”`. */
export function changesIn({ before, after, action }: Activity, zone: string, now: number) {
  if (action === "created") return [];
  const lines: string[] = [];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  // A due time is in one of two fields, and moves from one to the other.
  if (keys.delete("due_date") || keys.has("due_at")) {
    keys.delete("due_at");
    lines.push(`Due: ${arrow(due(before, zone, now), due(after, zone, now))}`);
  }
  if (keys.delete("rrule")) {
    lines.push(`Repeats: ${arrow(repeat(before, after), repeat(after, before))}`);
  } else if (keys.has("anchor")) {
    lines.push(`Counted from: ${arrow(anchor(before), anchor(after))}`);
  }
  for (const key of keys) {
    const name = NAMES[key];
    if (!name) continue;
    if (key === "labels") lines.push(`Labels: ${labelsText(before[key], after[key])}`);
    else {
      const [from, to] = [before[key], after[key]].map((value) => text(key, value, zone, now));
      lines.push(`${name}: ${arrow(from ?? "", to ?? "")}`);
    }
  }
  return lines;
}

function arrow(from: string, to: string): string {
  return `${from || "none"} → ${to || "none"}`;
}

function due(values: Record<string, unknown>, zone: string, now: number): string {
  const { due_date, due_at } = values as { due_date?: string | null; due_at?: string | null };
  return dueText({ due_date: due_date ?? null, due_at: due_at ?? null }, zone, now);
}

/** The anchor is told with the rule; where only the rule changed, both sides share it. */
function repeat(values: Record<string, unknown>, others: Record<string, unknown>): string {
  if (typeof values.rrule !== "string") return "";
  const counted = (values.anchor ?? others.anchor) === "completion" ? "completion" : "schedule";
  return recurrenceWords({ rrule: values.rrule, anchor: counted });
}

function anchor({ anchor: from }: Record<string, unknown>): string {
  return from === "completion" ? "when it is done" : "the schedule";
}

function text(key: string, value: unknown, zone: string, now: number): string {
  if (value === null || value === undefined || value === "") return "";
  switch (key) {
    case "priority":
      return PRIORITIES.find(([one]) => one === value)?.[1] ?? String(value);
    case "list_id":
      return listOf(String(value))?.name ?? "a list that is gone";
    case "parent_id":
      return "another task";
    case "start_date":
      return dueText({ due_date: String(value), due_at: null }, zone, now);
    case "time_zone":
      return String(value);
    default:
      return `“${shortened(String(value))}”`;
  }
}

const LONGEST = 80;

function shortened(words: string): string {
  const line = words.replaceAll(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** `+home −bills` */
function labelsText(before: unknown, after: unknown): string {
  const [old, current] = [names(before), names(after)];
  const added = current.filter((name) => !has(old, name)).map((name) => `+${name}`);
  const removed = old.filter((name) => !has(current, name)).map((name) => `−${name}`);
  return [...added, ...removed].join(" ") || current.join(", ");
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
