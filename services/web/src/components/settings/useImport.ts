import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { isOver } from "../../imports";
import { getImport } from "../../organizing";
import { explain, isTemporary } from "../../problem";
import type { Import } from "../../types";

const FIRST_MS = 400;
const LAST_MS = 5_000;
const SLOWER = 1.5;

/** An import as it goes on: asked for ever less often, until it is over or nobody looks. */
export function useImport(begun: Import, onOver: (ended: Import) => void) {
  const newest = useSignal(begun);
  const failure = useSignal<unknown>(null);
  const over = useRef(onOver);
  over.current = onOver;
  useEffect(() => {
    if (isOver(begun)) return;
    let gone = false;
    let pause = FIRST_MS;
    let timer = setTimeout(look, pause);

    async function look() {
      let error: unknown = null;
      try {
        const found = await getImport(begun.id);
        if (gone) return;
        newest.value = found;
      } catch (caught) {
        error = caught;
      }
      if (gone) return;
      failure.value = error;
      if (isOver(newest.peek())) return over.current(newest.peek());
      if (error !== null && !isTemporary(error)) return;
      pause = Math.min(pause * SLOWER, LAST_MS);
      timer = setTimeout(look, pause);
    }

    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [begun.id]);
  const message = failure.value === null ? "" : explain(failure.value);
  return { newest: newest.value, message };
}
