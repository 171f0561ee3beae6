import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { isLinkOver, reloadUser, verifyEmail } from "../account";
import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { Resend } from "../components/Resend";
import { ApiError, explain } from "../problem";
import { follow, linkToken } from "../route";
import * as session from "../session";

export function VerifyEmail() {
  const token = linkToken.value;
  return token === null ? <Over /> : <Verification key={token} token={token} />;
}

type Outcome = "working" | "confirmed" | "over" | "taken" | "failed";

function Verification({ token }: { token: string }) {
  const outcome = useSignal<Outcome>("working");
  const failure = useSignal<unknown>(null);

  async function confirm() {
    outcome.value = "working";
    try {
      await verifyEmail(token);
      outcome.value = "confirmed";
    } catch (error) {
      failure.value = error;
      if (isLinkOver(error)) outcome.value = "over";
      else if (error instanceof ApiError && error.code === "email_taken") outcome.value = "taken";
      else outcome.value = "failed";
    }
  }

  useEffect(() => void confirm(), []);

  switch (outcome.value) {
    case "working":
      return (
        <Door title="Confirming your e-mail address">
          <p role="status">One moment…</p>
        </Door>
      );
    case "confirmed":
      return <Confirmed />;
    case "over":
      return <Over />;
    case "taken":
      return (
        <Door title="This address is taken">
          <p role="status">
            By now there is another account with this address, so yours was not changed.
          </p>
          <Onwards />
        </Door>
      );
    case "failed":
      return (
        <Door title="Not confirmed yet">
          <Alert>{explain(failure.value)}</Alert>
          <button type="button" class="button primary" onClick={() => void confirm()}>
            Try again
          </button>
        </Door>
      );
  }
}

function Confirmed() {
  useNewestUser();
  const user = session.user.value;
  return (
    <Door title="Your e-mail address is confirmed">
      <p role="status">
        {session.state.value === "signed-in" && user?.email_verified ? (
          <>
            Reminders go to <strong>{user.email}</strong>.
          </>
        ) : (
          "Reminders go there from now on."
        )}
      </p>
      <Onwards />
    </Door>
  );
}

/** The link was used, is too old, or lost its token: what helps depends on the account. */
function Over() {
  const newest = useNewestUser();
  const user = session.user.value;
  if (session.state.value !== "signed-in" || !user) {
    return (
      <Door title="This link has expired">
        <p role="status">
          Such a link works once, and not for long. Sign in, and have a new one sent.
        </p>
        <Onwards />
      </Door>
    );
  }
  if (newest && user.email_verified && !user.pending_email) {
    return (
      <Door title="Confirmed already">
        <p role="status">
          This link was used before: <strong>{user.email}</strong> is confirmed.
        </p>
        <Onwards />
      </Door>
    );
  }
  return (
    <Door title="This link has expired">
      {user.pending_email ? (
        <p role="status">
          To change your address to <strong>{user.pending_email}</strong>, ask for it in the{" "}
          <a href="/settings" onClick={follow}>
            settings
          </a>{" "}
          once more.
        </p>
      ) : (
        <>
          <p role="status">Such a link works once, and not for long. Have a new one sent.</p>
          <Resend label="Send a new link" />
        </>
      )}
      <Onwards />
    </Door>
  );
}

function Onwards() {
  const known = session.state.value === "signed-in";
  return (
    <a class={`button ${known ? "" : "primary"}`} href={known ? "/" : "/sign-in"} onClick={follow}>
      {known ? "To your tasks" : "Sign in"}
    </a>
  );
}

/** What is known of the account may be from before the link was opened. True when it is newer. */
function useNewestUser(): boolean {
  const newest = useSignal(false);
  const state = session.state.value;
  useEffect(() => {
    if (state !== "signed-in") return;
    void reloadUser()
      .then(() => (newest.value = true))
      .catch(() => undefined);
  }, [state]);
  return newest.value;
}
