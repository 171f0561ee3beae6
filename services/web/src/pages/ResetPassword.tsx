import { useSignal } from "@preact/signals";

import { isLinkOver, resetPassword } from "../account";
import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { AccountField, NewPasswordField } from "../components/Field";
import { useSubmit } from "../components/useSubmit";
import { tell } from "../notices";
import { follow, go, linkToken } from "../route";
import * as session from "../session";

export function ResetPassword() {
  const token = linkToken.value;
  if (token === null) return <NoLink title="Open the link again" why={NO_TOKEN} />;
  return <NewPassword key={token} token={token} />;
}

const NO_TOKEN =
  "The part of the link that lets you in is not here any more. " +
  "Open the link in the mail once more, or have a new one sent.";
const OVER = "Such a link works once, and not for long. Have a new one sent.";

function NewPassword({ token }: { token: string }) {
  const password = useSignal("");
  const over = useSignal(false);
  const { busy, error, message, submit } = useSubmit(["password"], async () => {
    try {
      await resetPassword(token, password.value);
    } catch (failure) {
      if (!isLinkOver(failure)) throw failure;
      over.value = true;
      return;
    }
    await session.afterReset();
    // Somebody else is signed in here, so the page to sign in is not shown.
    if (session.state.peek() === "signed-in") tell("The password is changed.");
    go("/sign-in", { replace: true });
  });
  if (over.value) return <NoLink title="This link has expired" why={OVER} />;
  return (
    <Door title="Set a new password">
      <p class="muted">It signs out all devices, and ends all API tokens of the account.</p>
      <Alert>{message}</Alert>
      <form class="stack" noValidate onSubmit={submit}>
        {/* The link does not tell, and whoever is signed in here may be somebody else. */}
        <AccountField email="" />
        <NewPasswordField
          label="New password"
          name="password"
          value={password}
          error={error?.fields.password}
          focused
        />
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Saving…" : "Save the password"}
        </button>
      </form>
    </Door>
  );
}

function NoLink({ title, why }: { title: string; why: string }) {
  return (
    <Door title={title}>
      <p role="status">{why}</p>
      <a class="button primary" href="/forgot-password" onClick={follow}>
        Send me a new link
      </a>
    </Door>
  );
}
