import { useSignal } from "@preact/signals";

import { prepareExport } from "../../account";
import { useAction } from "../useAction";
import { Section } from "../Section";

export function YourData() {
  const asked = useSignal(false);
  const { busy, message, run } = useAction(async () => {
    asked.value = false;
    await prepareExport();
    asked.value = true;
  });
  return (
    <Section
      title="Your data"
      about={
        <>
          Everything Taskbell has of you, as a JSON file: your account, tasks, reminders and what
          became of them.
        </>
      }
    >
      <div class="actions middle">
        <button type="button" class="button" aria-disabled={busy} onClick={() => void run()}>
          {busy ? "Asking…" : "Ask for my data"}
        </button>
        <span class={message ? "field-error" : "muted"} role="status">
          {message ||
            (asked.value && "We are putting it together, and mail you a link when it is ready.")}
        </span>
      </div>
    </Section>
  );
}
