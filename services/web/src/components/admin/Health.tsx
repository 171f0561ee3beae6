import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { figures } from "../../admin";
import { healthOf } from "../../figures";
import type { Figures } from "../../types";
import { Alert } from "../Alert";
import { useAction } from "../useAction";

const LOOK_AGAIN_MS = 15_000;

/** Whether reminders go out in time, as long as somebody looks. */
export function Health() {
  const read = useSignal<Figures | null>(null);
  const { message, run } = useAction(async () => {
    read.value = await figures();
  });
  useEffect(() => {
    void run();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void run();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (message) return <Alert>{message}</Alert>;
  const { tone, text, hint } = healthOf(read.value);
  return (
    <div class={`alert ${tone} health`} role="status">
      <p>
        <strong>{text}</strong>
      </p>
      {hint && <p class="muted">{hint}</p>}
    </div>
  );
}
