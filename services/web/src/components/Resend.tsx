import { useSignal } from "@preact/signals";

import { reloadUser, resendVerification } from "../account";
import { ApiError } from "../problem";
import * as session from "../session";
import { useAction } from "./useAction";

interface Props {
  label: string;
  /** Stand back: it is not what somebody came for. */
  small?: boolean;
}

/** Sends the mail that confirms the address once more; what came of it stands beside. */
export function Resend({ label, small }: Props) {
  const sent = useSignal("");
  const { busy, message, run } = useAction(async () => {
    sent.value = "";
    try {
      await resendVerification();
      sent.value = `Sent to ${session.user.peek()?.email ?? "you"}.`;
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "email_already_verified")) throw error;
      // Done on another device.
      await reloadUser();
    }
  });
  return (
    <>
      <button
        type="button"
        class={`button ${small ? "small" : ""}`}
        aria-disabled={busy}
        onClick={() => void run()}
      >
        {busy ? "Sending…" : label}
      </button>
      <span class={message ? "field-error" : "muted"} role="status">
        {message || sent.value}
      </span>
    </>
  );
}
