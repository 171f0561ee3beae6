import { computed } from "@preact/signals";
import { useRef } from "preact/hooks";

import { now } from "../clock";
import { collapsed } from "../collapsed";
import { explain } from "../problem";
import * as session from "../session";
import {
  failure,
  isOrdered,
  items,
  load,
  loadMore,
  missing,
  more,
  nextCursor,
  phase,
  place,
  query,
  total,
  view,
} from "../tasks";
import { counted, dueText, dayOf, isOverdue } from "../time";
import { rowsOf, siblingsOf, type Row } from "../tree";
import type { Task } from "../types";
import { isNarrowed } from "../views";
import { Alert } from "./Alert";
import { Empty } from "./Empty";
import { TaskRow } from "./TaskRow";
import { TrashRow } from "./TrashRow";
import { useKeptFocus } from "./useKeptFocus";
import { useReorder } from "./useReorder";

interface Props {
  onOpen: (task: Task) => void;
}

const rows = computed(() => {
  const { kind } = view.value;
  const whole = nextCursor.value === null;
  return rowsOf(items.value, {
    nested: ["all", "list", "trash"].includes(kind) && !query.value.q,
    collapsed: collapsed.value,
    whole: whole && isWhole(),
    patient: !whole && isOrdered.value,
  });
});

/** Nothing but done tasks is left out. */
function isWhole(): boolean {
  const { kind } = view.value;
  const { status } = query.value;
  return (kind === "list" || kind === "all") && status !== "completed" && !isNarrowed(query.value);
}

export function TaskList({ onOpen }: Props) {
  const list = useRef<HTMLElement>(null);
  useKeptFocus(list);
  return (
    <section ref={list} aria-labelledby="tasks-title" aria-busy={phase.value === "loading"}>
      <div class="list-head">
        <h2 id="tasks-title" tabIndex={-1}>
          {query.value.q ? "Found" : "Tasks"}
        </h2>
        <p class="muted" role="status">
          {countText()}
        </p>
      </div>
      <Contents onOpen={onOpen} />
    </section>
  );
}

function countText(): string {
  if (phase.value === "loading") return "Loading…";
  if (phase.value === "failed" || total.value === null) return "";
  return counted(total.value, "task");
}

function Contents({ onOpen }: Props) {
  if (missing.value) return <Empty />;
  if (phase.value === "failed") {
    return (
      <div class="card empty">
        <Alert>{explain(failure.value)}</Alert>
        <button type="button" class="button" onClick={() => void load()}>
          Try again
        </button>
      </div>
    );
  }
  if (items.value.length === 0) return phase.value === "loading" ? <Skeleton /> : <Empty />;
  return (
    <>
      {isDated() ? <Days onOpen={onOpen} /> : <Rows rows={rows.value} onOpen={onOpen} />}
      <More />
    </>
  );
}

function Rows({ rows: shown, onOpen }: Props & { rows: Row[] }) {
  const reorder = useReorder({
    siblings: (id) => {
      const task = items.peek().find((one) => one.id === id);
      return task ? siblingsOf(rows.peek(), task).map((sibling) => sibling.id) : [];
    },
    move: (id, beside, where) => {
      const [task, other] = [id, beside].map((one) => items.peek().find((item) => item.id === one));
      if (task && other) place(task, other, where);
    },
  });
  const trash = view.value.kind === "trash";
  return (
    <>
      <ul class={`card tasks ${phase.value === "loading" ? "stale" : ""}`} data-sort-frame>
        {shown.map((row) =>
          trash ? (
            <TrashRow key={row.task.id} row={row} />
          ) : (
            <TaskRow
              key={row.task.id}
              row={row}
              reorder={isOrdered.value ? reorder : undefined}
              onOpen={onOpen}
            />
          ),
        )}
      </ul>
      <p class="sr-only" role="status">
        {reorder.spoken.value}
      </p>
    </>
  );
}

/** Where the days are what it is about, each has its heading. */
function isDated(): boolean {
  const { kind } = view.value;
  return (kind === "today" || kind === "upcoming") && query.value.sort === "due" && !query.value.q;
}

function Days({ onOpen }: Props) {
  const days: { day: string; rows: Row[] }[] = [];
  for (const row of rows.value) {
    const day = headingOf(row.task);
    if (days.at(-1)?.day === day) days.at(-1)?.rows.push(row);
    else days.push({ day, rows: [row] });
  }
  return (
    <div class="days">
      {days.map(({ day, rows: shown }) => (
        <div key={day}>
          <h3 class="day">{day}</h3>
          <Rows rows={shown} onOpen={onOpen} />
        </div>
      ))}
    </div>
  );
}

function headingOf(task: Task): string {
  const zone = session.zone.value;
  if (view.value.kind === "today" && isOverdue(task, zone, now.value)) return "Overdue";
  if (task.due_at) return dayOf(task.due_at, zone, now.value);
  return dueText(task, zone, now.value) || "Without a date";
}

function More() {
  if (!nextCursor.value) return null;
  return (
    <div class="more">
      {more.value === "failed" && <Alert>{explain(failure.value)}</Alert>}
      <button
        type="button"
        class="button"
        aria-disabled={more.value === "loading"}
        onClick={() => void loadMore()}
      >
        {more.value === "loading"
          ? "Loading…"
          : more.value === "failed"
            ? "Try again"
            : "Load more"}
      </button>
    </div>
  );
}

function Skeleton() {
  return (
    <div class="card tasks delayed" aria-hidden="true">
      {[1, 2, 3].map((row) => (
        <div class="task" key={row}>
          <span class="bone round" />
          <span class="bone" />
        </div>
      ))}
    </div>
  );
}
