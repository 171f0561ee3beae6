import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { lookAtTest, sendTest } from "../../notifying";
import type { Channel, TestNotification } from "../../types";
import { useAction } from "../useAction";

const LOOK_AGAIN_MS = 1_500;
/** A mail server may take its time; after that it is tried again without anybody looking. */
const PATIENCE = 40;

/** A test that really goes out, and what came of it. */
export function useTest(channel: Channel, targetId?: string) {
  const test = useSignal<TestNotification | null>(null);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  const { busy, message, run } = useAction(async () => {
    test.value = null;
    test.value = await sendTest(channel, targetId);
    for (let look = 0; look < PATIENCE && test.peek()?.state === "pending"; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      const { id } = test.peek() ?? {};
      if (gone.current || !id) return;
      test.value = await lookAtTest(id);
    }
  });
  return { test: test.value, busy, message, run };
}
