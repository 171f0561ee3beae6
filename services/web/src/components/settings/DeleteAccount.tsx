import { useSignal } from "@preact/signals";

import { GRACE_DAYS, leaveForGood } from "../../leaving";
import { clearNotices } from "../../notices";
import { go } from "../../route";
import type { User } from "../../types";
import { Confirm } from "../Confirm";
import { AccountField, PasswordField } from "../Field";
import { Section } from "../Section";
import { SetPassword } from "./SetPassword";

export function DeleteAccount({ user }: { user: User }) {
  const asked = useSignal(false);
  const password = useSignal("");

  async function remove() {
    await leaveForGood(password.value);
    clearNotices();
    go("/goodbye", { replace: true });
  }

  return (
    <Section
      title="Delete the account"
      danger
      about={
        <>
          You are signed out everywhere at once, your API tokens end, and no more reminders go out.
          For {GRACE_DAYS} days signing in takes it back. After that your account, your tasks and
          all that belongs to them are gone for good.
        </>
      }
    >
      {user.has_password ? (
        <div class="actions">
          <button type="button" class="button danger" onClick={() => (asked.value = true)}>
            Delete my account
          </button>
        </div>
      ) : (
        <div class="stack">
          <SetPassword email={user.email} what="To delete the account takes one." />
        </div>
      )}
      {asked.value && (
        <Confirm
          title="Delete your account?"
          action={["Delete account", "Deleting…"]}
          danger
          fields={["current_password"]}
          onConfirm={remove}
          onClosed={() => {
            asked.value = false;
            password.value = "";
          }}
        >
          {(error) => (
            <>
              <p>
                The account of <strong>{user.email}</strong> will be deleted. To change your mind,
                sign in within {GRACE_DAYS} days.
              </p>
              <AccountField email={user.email} />
              <PasswordField
                name="current_password"
                autocomplete="current-password"
                value={password}
                error={error?.fields.current_password}
                focused
              />
            </>
          )}
        </Confirm>
      )}
    </Section>
  );
}
