import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

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
  const load = () => reading.run();
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
