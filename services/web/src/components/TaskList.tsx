import { useEffect, useRef } from "preact/hooks";

import { explain } from "../problem";
import {
  ask,
  failure,
  items,
  load,
  loadMore,
  more,
  nextCursor,
  phase,
  query,
  total,
} from "../tasks";
import { counted } from "../time";
import type { Task } from "../types";
import { Alert } from "./Alert";
import { TaskRow } from "./TaskRow";

export function TaskList({ onOpen }: { onOpen: (task: Task) => void }) {
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

function Contents({ onOpen }: { onOpen: (task: Task) => void }) {
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
      <ul class={`card tasks ${phase.value === "loading" ? "stale" : ""}`}>
        {items.value.map((task) => (
          <TaskRow key={task.id} task={task} onOpen={onOpen} />
        ))}
      </ul>
      <More />
    </>
  );
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

function Empty() {
  const { q, status } = query.value;
  if (q) {
    return (
      <div class="card empty">
        <p>No task matches “{q}”.</p>
        <button type="button" class="button" onClick={() => ask({ q: "", status: "all" })}>
          Show all tasks
        </button>
      </div>
    );
  }
  const [first, second] = {
    all: ["No tasks yet", "Write down the first thing above, and press Enter."],
    pending: ["All done", "Nothing is waiting for you."],
    completed: ["Nothing completed yet", "Tasks you tick off are kept here."],
  }[status] as [string, string];
  return (
    <div class="card empty">
      <p class="empty-title">{first}</p>
      <p class="muted">{second}</p>
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

/**
 * When the row that had the focus leaves the list, the row that takes its place gets it,
 * so that somebody on the keyboard does not start at the top of the page again.
 */
function useKeptFocus(list: { current: HTMLElement | null }) {
  const place = useRef<{ row: number; what: string } | null>(null);
  useEffect(() => {
    const remember = () => {
      const at = document.activeElement;
      const row = at?.closest("[data-task]");
      const rows = [...(list.current?.querySelectorAll("[data-task]") ?? [])];
      place.current =
        at && row ? { row: rows.indexOf(row), what: at.className.split(" ")[0] ?? "" } : null;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [list]);
  const shown = items.value;
  useEffect(() => {
    if (!place.current || document.activeElement !== document.body) return;
    const rows = list.current?.querySelectorAll("[data-task]") ?? [];
    const row = rows[Math.min(place.current.row, rows.length - 1)];
    const next = row?.querySelector<HTMLElement>(`.${place.current.what}`);
    (next ?? list.current?.querySelector<HTMLElement>("h2"))?.focus();
  }, [shown, list]);
}
