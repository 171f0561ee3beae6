import { useSignal } from "@preact/signals";

import { changePassword } from "../../account";
import { tell } from "../../notices";
import type { User } from "../../types";
import { Alert } from "../Alert";
import { AccountField, NewPasswordField, PasswordField } from "../Field";
import { Reveal } from "../Reveal";
import { Section } from "../Section";
import { useSubmit } from "../useSubmit";
import { SetPassword } from "./SetPassword";

interface Props {
  user: User;
  /** All other sessions have ended. */
  onChanged: () => Promise<void>;
}

export function Password({ user, onChanged }: Props) {
  return (
    <Section title="Password" about="A new password signs out all your other devices.">
      {user.has_password ? (
        <Reveal label="Change the password">
          {(close) => <Change email={user.email} onChanged={onChanged} onDone={close} />}
        </Reveal>
      ) : (
        <div class="stack">
          <SetPassword email={user.email} what="You may have one as well." />
        </div>
      )}
    </Section>
  );
}

interface ChangeProps {
  email: string;
  onChanged: Props["onChanged"];
  onDone: () => void;
}

function Change({ email, onChanged, onDone }: ChangeProps) {
  const current = useSignal("");
  const wanted = useSignal("");
  const { busy, error, message, submit } = useSubmit(
    ["current_password", "new_password"],
    async () => {
      await changePassword(current.value, wanted.value);
      tell("Password changed. Your other devices are signed out.");
      onDone();
      await onChanged();
    },
  );
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <AccountField email={email} />
      <div class="grid two">
        <PasswordField
          label="Current password"
          name="current_password"
          autocomplete="current-password"
          value={current}
          error={error?.fields.current_password}
          focused
        />
        <NewPasswordField
          label="New password"
          name="new_password"
          value={wanted}
          error={error?.fields.new_password}
        />
      </div>
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Saving…" : "Save the password"}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
