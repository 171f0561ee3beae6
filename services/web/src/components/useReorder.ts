import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

type Where = "after" | "before";

interface Options {
  /** Those among which one may be moved, in the order they are shown. */
  siblings: (id: string) => string[];
  move: (id: string, beside: string, where: Where) => void;
}

/** A press that goes no further than this is a click. */
const SLOP = 4;
const EDGE = 48;

/**
 * Putting the elements with `data-sort` in another order: by dragging a handle, with a mouse or a
 * finger, or with the arrow keys.
 */
export function useReorder({ siblings, move }: Options) {
  const dragged = useSignal<string | null>(null);
  const target = useSignal<{ id: string; where: Where } | null>(null);
  const spoken = useSignal("");
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => stop.current(), []);

  function start(event: PointerEvent, id: string) {
    if (event.button !== 0) return;
    const handle = event.currentTarget as HTMLElement;
    const frame = handle.closest<HTMLElement>("[data-sort-frame]");
    if (!frame) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const from = event.clientY;
    const among = new Set(siblings(id));

    const drag = ({ clientY }: PointerEvent) => {
      if (dragged.peek() === null && Math.abs(clientY - from) < SLOP) return;
      dragged.value = id;
      if (clientY < EDGE) scrollBy(0, -EDGE / 4);
      if (clientY > innerHeight - EDGE) scrollBy(0, EDGE / 4);
      target.value = nearest(frame, among, id, clientY);
    };
    const drop = () => {
      const to = target.peek();
      end();
      if (to) move(id, to.id, to.where);
    };
    const cancel = (key: KeyboardEvent) => {
      if (key.key !== "Escape") return;
      key.preventDefault();
      end();
    };
    const end = () => {
      handle.removeEventListener("pointermove", drag);
      handle.removeEventListener("pointerup", drop);
      handle.removeEventListener("pointercancel", end);
      removeEventListener("keydown", cancel, true);
      dragged.value = null;
      target.value = null;
      stop.current = () => undefined;
    };
    handle.addEventListener("pointermove", drag);
    handle.addEventListener("pointerup", drop);
    handle.addEventListener("pointercancel", end);
    addEventListener("keydown", cancel, true);
    stop.current = end;
  }

  /** One step up or down; false at the end, or alone. */
  function step(id: string, by: 1 | -1): boolean {
    const all = siblings(id);
    const beside = all[all.indexOf(id) + by];
    if (beside === undefined) return false;
    move(id, beside, by > 0 ? "after" : "before");
    spoken.value = `Moved to place ${all.indexOf(id) + by + 1} of ${all.length}.`;
    return true;
  }

  function keys(event: KeyboardEvent, id: string) {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    event.stopPropagation();
    const focused = event.target as HTMLElement;
    step(id, event.key === "ArrowDown" ? 1 : -1);
    // An element that is put elsewhere in the document loses the focus.
    requestAnimationFrame(() => focused.focus());
  }

  /** How the element looks meanwhile. */
  function look(id: string): string {
    if (dragged.value === id) return "dragged";
    return target.value?.id === id ? `drop-${target.value.where}` : "";
  }

  return { start, step, keys, look, spoken };
}

export type Reorder = ReturnType<typeof useReorder>;

/** The sibling whose middle is nearest to the pointer, and on which side of it that is. */
function nearest(frame: HTMLElement, among: Set<string>, dragged: string, y: number) {
  let best: { id: string; where: Where; distance: number } | null = null;
  for (const element of frame.querySelectorAll<HTMLElement>("[data-sort]")) {
    const id = element.dataset.sort ?? "";
    if (!among.has(id)) continue;
    const { top, bottom } = element.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    const distance = Math.abs(y - middle);
    if (!best || distance < best.distance) {
      best = { id, where: y > middle ? "after" : "before", distance };
    }
  }
  return best && best.id !== dragged ? { id: best.id, where: best.where } : null;
}
