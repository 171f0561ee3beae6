import { useSignal } from "@preact/signals";

import { forgotPassword } from "../../account";
import { useAction } from "../useAction";

/** For accounts of another sign-in service: what needs a password needs one to be set first. */
export function SetPassword({ email, what }: { email: string; what: string }) {
  const sent = useSignal(false);
  const { busy, message, run } = useAction(async () => {
    await forgotPassword(email);
    sent.value = true;
  });
  return (
    <>
      <p>
        You sign in with another service, so this account has no password. {what} Have a link mailed
        to <strong>{email}</strong>, and set one.
      </p>
      <div class="actions middle">
        <button type="button" class="button" aria-disabled={busy} onClick={() => void run()}>
          {busy ? "Sending…" : "Send me the link"}
        </button>
        <span class={message ? "field-error" : "muted"} role="status">
          {message || (sent.value && "A mail is on its way.")}
        </span>
      </div>
    </>
  );
}
