import { useSignal } from "@preact/signals";

import { isLinkOver } from "../account";
import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { useAction } from "../components/useAction";
import { unsubscribe } from "../notifying";
import { ApiError } from "../problem";
import { follow, linkToken } from "../route";

/** Where a digest's link leads. It asks first: mail scanners open links too. */
export function Unsubscribe() {
  const token = linkToken.value;
  return token === null ? <Lost /> : <Question key={token} token={token} />;
}

function Question({ token }: { token: string }) {
  const state = useSignal<"asking" | "done" | "lost">("asking");
  const { busy, message, run } = useAction(async () => {
    try {
      await unsubscribe(token);
      state.value = "done";
    } catch (error) {
      if (!isRefused(error)) throw error;
      state.value = "lost";
    }
  });
  if (state.value === "lost") return <Lost />;
  if (state.value === "done") {
    return (
      <Door title="No more daily digests">
        <p role="status">You get no more of them. Your reminders come as before.</p>
        <p class="muted">
          Changed your mind? Turn it on again in the <Settings />.
        </p>
      </Door>
    );
  }
  return (
    <Door title="Stop the daily digest?">
      <p>You get no more mails with what is due on a day. Your reminders come as before.</p>
      <Alert>{message}</Alert>
      <button type="button" class="button primary" aria-disabled={busy} onClick={() => void run()}>
        {busy ? "Stopping…" : "Stop the digest"}
      </button>
      <p class="muted">
        Or have it at another time: see the <Settings />.
      </p>
    </Door>
  );
}

function isRefused(error: unknown): boolean {
  return isLinkOver(error) || (error instanceof ApiError && [400, 404].includes(error.status));
}

function Lost() {
  return (
    <Door title="This link does not work">
      <p role="status">
        A part of it is missing. Open it in the mail once more, or turn the digest off in the{" "}
        <Settings />.
      </p>
    </Door>
  );
}

function Settings() {
  return (
    <a href="/settings/notifications" onClick={follow}>
      settings
    </a>
  );
}
