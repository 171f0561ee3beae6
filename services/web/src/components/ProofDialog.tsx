import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { reauthenticate } from "../account";
import { asking } from "../proof";
import * as session from "../session";
import { Confirm } from "./Confirm";
import { AccountField, PasswordField } from "./Field";

/** Shown when something takes a password that was given lately: see `proof.ts`. */
export function ProofDialog() {
  const one = asking.value;
  // Nobody is signed in any more: whoever waits for an answer gets one.
  useEffect(() => () => asking.peek()?.done(false), []);
  return one && <Ask done={one.done} />;
}

function Ask({ done }: { done: (given: boolean) => void }) {
  const password = useSignal("");
  const given = useSignal(false);
  return (
    <Confirm
      title="Your password, please"
      action={["Go on", "Checking…"]}
      fields={["current_password"]}
      onConfirm={async () => {
        await reauthenticate(password.value);
        given.value = true;
      }}
      onClosed={() => done(given.peek())}
    >
      {(error) => (
        <>
          <p>It was a while ago that you signed in, and this lets others in if it is not you.</p>
          <AccountField email={session.user.value?.email ?? ""} />
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
  );
}
