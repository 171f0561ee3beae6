/** The line a task is added with: what is typed, and what the server makes of it. */

import { batch, computed, effect, signal } from "@preact/signals";

import * as api from "./api";
import { uuid7 } from "./ids";
import { added, view } from "./listing";
import { complain } from "./notices";
import { explain } from "./problem";
import { leading, placesOf, shifted } from "./quickText";
import * as session from "./session";
import { dateIn } from "./time";
import type { Parsed, QuickTask, Span, Task, TaskPatch } from "./types";
import { sameName } from "./views";

const TYPING_MS = 250;

interface Place {
  start: number;
  end: number;
}

/** Outside the form, so that it outlives a session that ends while somebody types. */
export const text = signal("");
/** What was understood, moved along while more is typed. */
export const spans = signal<Span[]>([]);
export const parsed = signal<Parsed | null>(null);
/** The form with all fields, instead of the line. */
export const detailed = signal(false);

const ignored = signal<Place[]>([]);
const listId = computed(() => (view.value.kind === "list" ? view.value.id : undefined));
/** The last try and its key: sending the same again must not make a second task. */
let attempt = { body: "", key: "" };

session.onSignOut(clear);

export function clear(): void {
  batch(() => {
    text.value = "";
    spans.value = [];
    parsed.value = null;
    ignored.value = [];
    detailed.value = false;
  });
}

export function type(typed: string): void {
  batch(() => {
    spans.value = shifted(spans.peek(), text.peek(), typed);
    ignored.value = shifted(ignored.peek(), text.peek(), typed);
    text.value = typed;
  });
}

/** It stays text after all. */
export function undo({ start, end }: Place): void {
  batch(() => {
    spans.value = spans.peek().filter((span) => span.start !== start);
    ignored.value = [...ignored.peek(), { start, end }];
  });
}

function body(): QuickTask {
  return {
    text: text.value.trimStart(),
    ...(listId.value ? { list_id: listId.value } : {}),
    ...(ignored.value.length > 0 ? { ignore: placesOf(ignored.value, leading(text.value)) } : {}),
  };
}

// A preview of what was typed last; without one, adding works all the same.
effect(() => {
  const asked = body();
  if (!asked.text.trim() || session.state.value !== "signed-in") {
    spans.value = [];
    parsed.value = null;
    return undefined;
  }
  const stop = new AbortController();
  const timer = setTimeout(() => void preview(asked, stop.signal), TYPING_MS);
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
});

async function preview(asked: QuickTask, stopped: AbortSignal): Promise<void> {
  try {
    const answer = await api.quickPreview(asked, stopped);
    if (stopped.aborted) return;
    batch(() => {
      const by = leading(text.peek());
      spans.value = answer.spans.map((span) => ({
        ...span,
        start: span.start + by,
        end: span.end + by,
      }));
      parsed.value = answer;
    });
  } catch {
    if (!stopped.aborted) parsed.value = null;
  }
}

/** Throws when the task was not added; then what was typed stays. */
export async function add(): Promise<void> {
  const typed = text.peek();
  const wanted = body();
  const sent = JSON.stringify(wanted);
  if (sent !== attempt.body) attempt = { body: sent, key: uuid7() };
  const here = view.peek();
  const answer = await api.quickAdd(wanted, attempt.key);
  attempt = { body: "", key: "" };
  if (text.peek() === typed) clear();
  added(await fitted(answer.task, here));
}

/** In "Today" a task is due today, under a label it has it, unless the text says otherwise. */
async function fitted(task: Task, here: typeof view.value): Promise<Task> {
  const patch: TaskPatch = {};
  if (here.kind === "today" && !task.due_at && !task.due_date) {
    patch.due_date = dateIn(session.zone.peek(), Date.now());
  }
  if (here.kind === "label" && !task.labels.some((name) => sameName(name, here.name))) {
    patch.labels = [...task.labels, here.name];
  }
  if (Object.keys(patch).length === 0) return task;
  try {
    return await api.updateTask(task, patch);
  } catch (error) {
    complain(`“${task.title}” was added, but is not shown here. ${explain(error)}`);
    return task;
  }
}
