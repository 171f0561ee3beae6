import { useSignal } from "@preact/signals";

import { explain } from "../problem";

/** What a button does: once at a time, with the words for what went wrong. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<void>) {
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);

  async function run(...args: A) {
    if (busy.peek()) return;
    busy.value = true;
    failure.value = null;
    try {
      await work(...args);
    } catch (error) {
      failure.value = error;
    } finally {
      busy.value = false;
    }
  }

  return {
    busy: busy.value,
    message: failure.value === null ? "" : explain(failure.value),
    run,
  };
}
