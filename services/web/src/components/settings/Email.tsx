import { useSignal } from "@preact/signals";

import { changeEmail, reloadUser } from "../../account";
import type { User } from "../../types";
import { Alert } from "../Alert";
import { AccountField, PasswordField, TextField } from "../Field";
import { Resend } from "../Resend";
import { Reveal } from "../Reveal";
import { Section } from "../Section";
import { useSubmit } from "../useSubmit";
import { SetPassword } from "./SetPassword";

export function Email({ user }: { user: User }) {
  return (
    <Section title="E-mail" about="You sign in with this address, and reminders go there.">
      <div class="stack">
        <p>
          <strong>{user.email}</strong>{" "}
          <span class={`badge ${user.email_verified ? "good" : "warn"}`}>
            {user.email_verified ? "confirmed" : "not confirmed"}
          </span>
        </p>
        {!user.email_verified && (
          <div class="actions middle">
            <Resend label="Send the mail again" />
          </div>
        )}
        <p class={user.pending_email ? "alert info" : undefined} role="status">
          {user.pending_email && (
            <>
              We have sent a link to <strong>{user.pending_email}</strong>, which works for a day.
              Open it, and your address changes. Until then everything stays as it is.
            </>
          )}
        </p>
        {user.has_password ? (
          <Reveal label="Change the address">
            {(close) => <Change email={user.email} onDone={close} />}
          </Reveal>
        ) : (
          <SetPassword email={user.email} what="To change the address takes one." />
        )}
      </div>
    </Section>
  );
}

function Change({ email, onDone }: { email: string; onDone: () => void }) {
  const wanted = useSignal("");
  const password = useSignal("");
  const { busy, error, message, submit } = useSubmit(["email", "current_password"], async () => {
    await changeEmail(wanted.value.trim(), password.value);
    await reloadUser();
    onDone();
  });
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <AccountField email={email} />
      <div class="grid two">
        <TextField
          label="New e-mail address"
          type="email"
          name="email"
          autocomplete="email"
          value={wanted}
          error={error?.fields.email}
          focused
        />
        <PasswordField
          label="Current password"
          name="current_password"
          autocomplete="current-password"
          value={password}
          error={error?.fields.current_password}
        />
      </div>
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Sending…" : "Send the link"}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
