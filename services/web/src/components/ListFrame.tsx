import type { ComponentChildren } from "preact";

import { Alert } from "./Alert";
import type { List } from "./useList";

interface Props<T> {
  list: List<T>;
  /** Said when there is nothing in it. */
  empty: string;
  children: (item: T) => ComponentChildren;
}

/** The rows of a list, or why there are none. */
export function ListFrame<T>({ list, empty, children }: Props<T>) {
  const { items, busy, message, hasMore, load, more } = list;
  return (
    <>
      {items === null && busy && <p class="muted delayed">Loading…</p>}
      {items?.length === 0 && <p class="muted">{empty}</p>}
      {items && items.length > 0 && <ul class="rows">{items.map(children)}</ul>}
      <Alert>{message}</Alert>
      {(message || hasMore) && (
        <div class="actions">
          <button
            type="button"
            class="button small"
            aria-disabled={busy}
            onClick={items && hasMore ? more : load}
          >
            {busy ? "Loading…" : message ? "Try again" : "Load more"}
          </button>
        </div>
      )}
    </>
  );
}
