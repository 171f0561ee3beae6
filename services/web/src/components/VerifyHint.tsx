import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { reloadUser } from "../account";
import * as session from "../session";
import { Resend } from "./Resend";

const KEY = "taskbell.verify-later";

/** The address is not confirmed: said until it is, or until somebody has heard enough. */
export function VerifyHint() {
  const user = session.user.value;
  const hidden = useSignal(putOff(user?.id));
  const shown = user?.email_verified === false && !hidden.value;
  useEffect(() => {
    if (!shown) return undefined;
    // The link may have been opened on another device.
    const look = () => {
      if (document.visibilityState === "visible") reloadUser().catch(() => undefined);
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [shown]);
  if (!shown) return null;

  function later() {
    putOff(user?.id, true);
    hidden.value = true;
  }

  return (
    <div class="alert info spread">
      <span>
        Please confirm your e-mail address: open the link in the mail we sent to{" "}
        <strong>{user.email}</strong>.
      </span>
      <span class="actions">
        <Resend label="Send again" small />
        <button type="button" class="button quiet small" onClick={later}>
          Later
        </button>
      </span>
    </div>
  );
}

/** For this browser session; in another one it is worth a word again. */
function putOff(userId = "", now = false): boolean {
  try {
    if (now) sessionStorage.setItem(KEY, userId);
    return sessionStorage.getItem(KEY) === userId;
  } catch {
    return now;
  }
}
