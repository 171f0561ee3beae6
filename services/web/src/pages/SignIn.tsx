import { useSignal } from "@preact/signals";

import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { PasswordField, TextField } from "../components/Field";
import { useSubmit } from "../components/useSubmit";
import { typedEmail } from "../door";
import { follow } from "../route";
import * as session from "../session";

const FIELDS = ["username", "password"];

const ENDED = "Your session has ended. Sign in again to go on where you were.";

/** `why` says what somebody came for who has to sign in first. */
export function SignIn({ why }: { why?: string }) {
  const email = useSignal(session.user.peek()?.email ?? "");
  const password = useSignal("");
  const known = useSignal(email.peek() !== "").value;
  const { busy, error, message, submit } = useSubmit(FIELDS, () =>
    session.signIn(email.value.trim(), password.value),
  );
  const said = session.greeting.value || (session.ended.value ? ENDED : why);
  return (
    <Door title="Sign in">
      {said && !message && (
        <p class="alert info" role="status">
          {said}
        </p>
      )}
      <Alert>{message}</Alert>
      <form class="stack" noValidate onSubmit={submit}>
        <TextField
          label="E-mail"
          type="email"
          name="username"
          autocomplete="username"
          value={email}
          error={error?.fields.username}
          focused={!known}
        />
        <PasswordField
          name="password"
          autocomplete="current-password"
          value={password}
          error={error?.fields.password}
          focused={known}
        />
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
      <p class="muted">
        <a
          href="/forgot-password"
          onClick={(event) => {
            typedEmail.value = email.value.trim();
            follow(event);
          }}
        >
          Forgot your password?
        </a>
      </p>
      <p class="muted">
        New here?{" "}
        <a href="/sign-up" onClick={follow}>
          Create an account
        </a>
      </p>
    </Door>
  );
}
