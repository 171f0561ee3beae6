import { batch } from "@preact/signals";
import { useId, useRef } from "preact/hooks";

import { now } from "../clock";
import { draft } from "../draft";
import { listOf } from "../lists";
import * as quick from "../quick";
import { pointsBefore } from "../quickText";
import { recurrenceWords } from "../recurrenceWords";
import * as session from "../session";
import { PRIORITIES } from "../taskForm";
import { dueText, momentText, offsetText } from "../time";
import type { Parsed, Span } from "../types";
import { kept } from "./AddDetailed";
import { Alert } from "./Alert";
import { invalid } from "./forms";
import { Icon } from "./Icon";
import { useSubmit } from "./useSubmit";

const LONGEST = 500;

/** A task in one line of text, with what is understood of it. */
export function QuickAdd() {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const { busy, error, failure, message, submit } = useSubmit(["text"], async () => {
    if (!quick.text.value.trim()) throw invalid("text", "Write what is to be done.");
    await quick.add();
    input.current?.focus();
  });
  const wrong = error?.fields.text ?? message;

  function keys(event: KeyboardEvent) {
    if (event.key === "Escape" && !busy) {
      if (!quick.text.value) input.current?.blur();
      quick.clear();
      failure.value = null;
    }
    if (event.key !== "Backspace" || event.ctrlKey || event.metaKey || event.altKey) return;
    const span = spanBefore(input.current);
    if (!span) return;
    event.preventDefault();
    quick.undo(span);
  }

  return (
    <form class="card add" aria-label="New task" noValidate onSubmit={submit}>
      <div class="quick-line">
        <label class="sr-only" for={id}>
          Add a task
        </label>
        <input
          ref={input}
          id={id}
          class="input"
          name="quick"
          aria-describedby={`${id}-understood`}
          aria-invalid={wrong !== ""}
          aria-keyshortcuts="q a"
          autocomplete="off"
          enterkeyhint="done"
          maxLength={LONGEST}
          placeholder="Add a task, such as: Call Ann tomorrow at 9 @home p1"
          value={quick.text.value}
          onInput={(event) => quick.type(event.currentTarget.value)}
          onKeyDown={keys}
        />
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Adding…" : "Add task"}
        </button>
      </div>
      <div class="quick-foot">
        <Understood id={`${id}-understood`} onUndone={() => input.current?.focus()} />
        <button type="button" class="link more-options" onClick={allFields}>
          More options
        </button>
      </div>
      <Alert>{wrong && `${wrong}${kept(failure.value)}`}</Alert>
    </form>
  );
}

function allFields() {
  batch(() => {
    const { fields } = draft.value;
    draft.value = { ...draft.value, fields: { ...fields, title: quick.text.value.trim() } };
    quick.clear();
    quick.detailed.value = true;
  });
}

/** The one that ends where the cursor is. */
function spanBefore(input: HTMLInputElement | null): Span | undefined {
  if (!quick.parsed.value || !input || input.selectionStart !== input.selectionEnd) return undefined;
  const at = pointsBefore(input.value, input.selectionStart ?? 0);
  return quick.spans.value.find(({ end }) => end === at);
}

function Understood({ id, onUndone }: { id: string; onUndone: () => void }) {
  const parsed = quick.parsed.value;
  return (
    <ul id={id} class="chips" aria-label="Understood">
      {parsed &&
        quick.spans.value.map((span) => (
          <li key={`${span.start} ${span.kind}`}>
            <button
              type="button"
              class="chip"
              title={`Keep “${span.text}” as text`}
              onClick={() => {
                quick.undo(span);
                onUndone();
              }}
            >
              <Icon name={ICONS[span.kind]} />
              {meaning(span, parsed)}
              <span class="sr-only">. Keep “{span.text}” as text</span>
              <Icon name="close" />
            </button>
          </li>
        ))}
    </ul>
  );
}

const ICONS = {
  due: "clock",
  recurrence: "repeat",
  priority: "flag",
  list: "list",
  label: "tag",
  reminder: "bell",
  start: "calendar",
} as const;

function meaning(span: Span, parsed: Parsed): string {
  const zone = session.zone.value;
  const due = dueText(parsed, zone, now.value);
  switch (span.kind) {
    case "due":
      return due || span.text;
    case "recurrence": {
      const words = parsed.recurrence ? recurrenceWords(parsed.recurrence) : span.text;
      const first = quick.spans.value.some(({ kind }) => kind === "due") ? "" : due;
      return first ? `${words}, first ${first}` : words;
    }
    case "priority":
      return PRIORITIES.find(([key]) => key === parsed.priority)?.[1] ?? span.text;
    case "list":
      return listOf(parsed.list_id)?.name ?? span.text;
    case "reminder":
      return reminderText(span, parsed) ?? span.text;
    case "start":
      return `Starts ${dueText({ due_at: null, due_date: parsed.start_date }, zone, now.value)}`;
    default:
      return span.value;
  }
}

/** Reminders stand in the order of what asks for them. */
function reminderText(span: Span, parsed: Parsed): string | undefined {
  const asking = parsed.spans.filter(({ kind }) => kind === "reminder");
  const at = asking.findIndex(({ value, text }) => value === span.value && text === span.text);
  const reminder = parsed.reminders[at];
  if (reminder?.at) return momentText(reminder.at, session.zone.value, now.value);
  const minutes = reminder?.offset_minutes;
  return minutes === null || minutes === undefined ? undefined : offsetText(minutes);
}
