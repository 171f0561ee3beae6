import { useEffect, useRef } from "preact/hooks";

import { items } from "../tasks";

/**
 * When the row that had the focus leaves the list, the row that takes its place gets it,
 * so that somebody on the keyboard does not start at the top of the page again.
 */
export function useKeptFocus(list: { current: HTMLElement | null }) {
  const place = useRef<{ row: number; what: string } | null>(null);
  useEffect(() => {
    const remember = () => {
      const at = document.activeElement;
      const row = at?.closest("[data-task]");
      const all = [...(list.current?.querySelectorAll("[data-task]") ?? [])];
      place.current =
        at && row ? { row: all.indexOf(row), what: at.className.split(" ")[0] ?? "" } : null;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [list]);
  const shown = items.value;
  useEffect(() => {
    if (!place.current || document.activeElement !== document.body) return;
    const all = list.current?.querySelectorAll("[data-task]") ?? [];
    const row = all[Math.min(place.current.row, all.length - 1)];
    const next = row?.querySelector<HTMLElement>(`.${place.current.what}`);
    (next ?? list.current?.querySelector<HTMLElement>("h2"))?.focus();
  }, [shown, list]);
}
