import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Page } from "../types";
import { useAction } from "./useAction";

/** A list of the API, read when the component appears; `more` adds the page after it. */
export function useList<T>(fetch: (cursor?: string) => Promise<Page<T>>) {
  const items = useSignal<T[] | null>(null);
  const next = useSignal<string | null>(null);
  const reading = useAction(async (cursor?: string) => {
    const page = await fetch(cursor);
    items.value = cursor ? [...(items.peek() ?? []), ...page.items] : page.items;
    next.value = page.next_cursor;
  });
  const pending = useRef<"idle" | "reading" | "again">("idle");

  /** Asked for while it is being read, it is read once more: the answer may be from before. */
  async function load() {
    if (pending.current !== "idle") {
      pending.current = "again";
      return;
    }
    do {
      pending.current = "reading";
      await reading.run();
    } while ((pending.current as string) === "again");
    pending.current = "idle";
  }

  useEffect(() => void load(), []);

  return {
    items: items.value,
    hasMore: next.value !== null,
    busy: reading.busy,
    message: reading.message,
    load,
    more: () => reading.run(next.peek() ?? undefined),
    /** Leave out what is no longer there, without asking again. */
    remove: (gone: (item: T) => boolean) => {
      items.value = items.peek()?.filter((item) => !gone(item)) ?? null;
    },
  };
}

export type List<T> = ReturnType<typeof useList<T>>;
