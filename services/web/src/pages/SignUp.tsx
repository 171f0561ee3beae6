import { useSignal } from "@preact/signals";

import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { NewPasswordField, TextField } from "../components/Field";
import { useSubmit } from "../components/useSubmit";
import { follow } from "../route";
import * as session from "../session";

const FIELDS = ["name", "email", "password"];

export function SignUp() {
  const name = useSignal("");
  const email = useSignal("");
  const password = useSignal("");
  const { busy, error, message, submit } = useSubmit(FIELDS, () =>
    session.signUp(email.value.trim(), password.value, name.value.trim()),
  );
  if (error?.code === "signup_disabled") return <Closed />;
  return (
    <Door title="Create an account">
      <Alert>{message}</Alert>
      <form class="stack" noValidate onSubmit={submit}>
        <TextField
          label="Name"
          note="optional"
          name="name"
          autocomplete="name"
          value={name}
          error={error?.fields.name}
          focused
        />
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autocomplete="username"
          hint="Reminders go to this address."
          value={email}
          error={error?.fields.email}
        />
        <NewPasswordField name="password" value={password} error={error?.fields.password} />
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Creating account…" : "Create account"}
        </button>
      </form>
      <p class="muted">
        Have an account already?{" "}
        <a href="/sign-in" onClick={follow}>
          Sign in
        </a>
      </p>
    </Door>
  );
}

/** Said when somebody tries: nothing asks the server before. */
function Closed() {
  return (
    <Door title="No new accounts here">
      <p role="status">
        This Taskbell is for people who have an account already. Whoever runs it can let you in.
      </p>
      <a class="button primary" href="/sign-in" onClick={follow}>
        Sign in
      </a>
    </Door>
  );
}
