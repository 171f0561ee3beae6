import { useSignal } from "@preact/signals";

import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { PasswordField, TextField } from "../components/Field";
import { useSubmit } from "../components/useSubmit";
import { follow } from "../route";
import * as session from "../session";

const FIELDS = ["username", "password"];

export function SignIn() {
  const email = useSignal(session.user.peek()?.email ?? "");
  const password = useSignal("");
  const known = useSignal(email.peek() !== "").value;
  const { busy, error, message, submit } = useSubmit(FIELDS, () =>
    session.signIn(email.value.trim(), password.value),
  );
  return (
    <Door title="Sign in">
      {session.ended.value && !message && (
        <p class="alert info" role="status">
          Your session has ended. Sign in again to go on where you were.
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
        New here?{" "}
        <a href="/sign-up" onClick={follow}>
          Create an account
        </a>
      </p>
    </Door>
  );
}
