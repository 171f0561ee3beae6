import { useSignal } from "@preact/signals";

import { forgotPassword } from "../account";
import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { TextField } from "../components/Field";
import { useSubmit } from "../components/useSubmit";
import { typedEmail } from "../door";
import { follow } from "../route";

export function ForgotPassword() {
  const email = useSignal(typedEmail.peek());
  const asked = useSignal(false);
  const { busy, error, message, submit } = useSubmit(["email"], async () => {
    await forgotPassword(email.value.trim());
    asked.value = true;
  });
  if (asked.value) return <Asked again={() => (asked.value = false)} />;
  return (
    <Door title="Forgot your password?">
      <p class="muted">We mail you a link with which you set a new one.</p>
      <Alert>{message}</Alert>
      <form class="stack" noValidate onSubmit={submit}>
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autocomplete="username"
          value={email}
          error={error?.fields.email}
          focused
        />
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Sending…" : "Send the link"}
        </button>
      </form>
      <ToSignIn />
    </Door>
  );
}

/** The same for every address: who has an account here is nobody's business. */
function Asked({ again }: { again: () => void }) {
  return (
    <Door title="Look into your mailbox">
      <p role="status">If there is an account with this address, a mail is on its way.</p>
      <p class="muted">
        Nothing came? Look among the unwanted mail, or{" "}
        <button type="button" class="link" onClick={again}>
          try again
        </button>
        .
      </p>
      <ToSignIn />
    </Door>
  );
}

function ToSignIn() {
  return (
    <p class="muted">
      <a href="/sign-in" onClick={follow}>
        Back to signing in
      </a>
    </p>
  );
}
