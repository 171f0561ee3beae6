import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { now } from "../clock";
import { inbox, labels, openLists } from "../lists";
import { complain } from "../notices";
import { explain } from "../problem";
import { applyToAll, choosing, selectAll, selected, stop } from "../selection";
import * as session from "../session";
import { items, MOST } from "../tasks";
import { counted, dateIn, dayAfter } from "../time";
import type { Task, TaskList } from "../types";
import { sameName } from "../views";
import { Confirm } from "./Confirm";
import { Field } from "./Field";
import { invalid } from "./forms";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { useAction } from "./useAction";

export function BatchBar() {
  return choosing.value ? <Bar /> : null;
}

/** What can be done to the chosen tasks at once. */
function Bar() {
  const dating = useSignal(false);
  const { busy, run } = useAction(async (deed: () => Promise<void>) => {
    try {
      await deed();
    } catch (error) {
      complain(`Nothing was changed. ${explain(error)}`);
    }
  });
  useEffect(() => handBackFocus, []);
  const count = selected.value.length;
  const all = count >= Math.min(MOST, items.value.length);
  const none = count === 0;
  return (
    <div class="batch-bar" role="region" aria-label="Selected tasks">
      <p role="status">{busy ? "Saving…" : `${count} selected`}</p>
      <button
        type="button"
        class="button small"
        aria-label="Select all"
        aria-pressed={all}
        onClick={selectAll}
      >
        All
      </button>
      {!none && (
        <>
          <button type="button" class="button small" onClick={() => void run(complete)}>
            Complete
          </button>
          <Menu
            worded
            label="Move to"
            items={openLists.value.map((list) => ({
              label: list.name,
              run: () => void run(() => move(list)),
            }))}
          />
          {labels.value.length > 0 && (
            <Menu
              worded
              label="Label"
              items={labels.value.map(({ name }) => ({
                label: name,
                run: () => void run(() => label(name)),
              }))}
            />
          )}
          <Menu
            worded
            label="Due"
            items={[
              { label: "Today", run: () => void run(() => due(today())) },
              { label: "Tomorrow", run: () => void run(() => due(dayAfter(today(), 1))) },
              { label: "In a week", run: () => void run(() => due(dayAfter(today(), 7))) },
              { label: "On a day…", run: () => (dating.value = true) },
              { label: "No date", run: () => void run(() => due(null)) },
            ]}
          />
          <button
            type="button"
            class="button small danger"
            onClick={() => void run(remove)}
          >
            Delete
          </button>
        </>
      )}
      <button
        type="button"
        class="button quiet small square push"
        aria-label="Stop selecting"
        onClick={stop}
      >
        <Icon name="close" />
      </button>
      {dating.value && <DueDialog onClosed={() => (dating.value = false)} />}
    </div>
  );
}

/** The button that had it is gone with the bar. */
function handBackFocus() {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>("[data-select-many]")?.focus();
  });
}

function today(): string {
  return dateIn(session.zone.peek(), now.peek());
}

function complete(): Promise<void> {
  const series = selected.peek().some(({ recurrence }) => recurrence);
  return applyToAll({
    words: "Completed",
    operation: ({ id, occurrence }) => ({
      op: "complete",
      id,
      completed: true,
      ...(occurrence ? { occurrence } : {}),
    }),
    // A series has gone on: each of its tasks can be undone by itself.
    ...(series ? {} : { back: ({ id, completed }) => ({ op: "complete", id, completed }) }),
  });
}

function move(list: TaskList): Promise<void> {
  return applyToAll({
    words: `Moved to ${list.name}:`,
    rootsOnly: true,
    operation: ({ id }) => ({ op: "update", id, patch: { list_id: list.id } }),
    back: ({ id, list_id, parent_id }) => ({
      op: "update",
      id,
      patch: parent_id ? { parent_id } : { list_id: list_id || (inbox.peek()?.id ?? list.id) },
    }),
  });
}

function label(name: string): Promise<void> {
  return applyToAll({
    words: `Put @${name} on`,
    operation: ({ id, labels: old }) => ({
      op: "update",
      id,
      patch: { labels: old.some((one) => sameName(one, name)) ? old : [...old, name] },
    }),
    back: ({ id, labels: old }) => ({ op: "update", id, patch: { labels: old } }),
  });
}

async function due(date: string | null): Promise<void> {
  const repeating = selected.peek().filter(({ recurrence }) => recurrence).length;
  if (date === null && repeating > 0) {
    throw invalid("", `${counted(repeating, "task")} among them repeat and need a date.`);
  }
  await applyToAll({
    words: date ? "Set the date of" : "Took the date from",
    operation: ({ id }) => ({ op: "update", id, patch: { due_date: date, due_at: null } }),
    back: ({ id, due_date, due_at }: Task) => ({ op: "update", id, patch: { due_date, due_at } }),
  });
}

function remove(): Promise<void> {
  return applyToAll({
    words: "Moved to the trash:",
    rootsOnly: true,
    operation: ({ id }) => ({ op: "delete", id }),
    back: ({ id }) => ({ op: "restore", id }),
  });
}

function DueDialog({ onClosed }: { onClosed: () => void }) {
  const day = useSignal(today());
  return (
    <Confirm
      title="Due on"
      action={["Set the date", "Saving…"]}
      fields={["due_date"]}
      onConfirm={async () => {
        if (!day.value) throw invalid("due_date", "Choose a day.");
        await due(day.value);
      }}
      onClosed={onClosed}
    >
      {(error) => (
        <Field label="Day" error={error?.fields.due_date}>
          {(control) => (
            <input
              {...control}
              class="input"
              type="date"
              max="9999-12-31"
              value={day.value}
              onInput={(event) => (day.value = event.currentTarget.value)}
            />
          )}
        </Field>
      )}
    </Confirm>
  );
}
