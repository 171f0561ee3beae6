import { now } from "../clock";
import { Door } from "../components/Door";
import { GRACE_DAYS, leaving } from "../leaving";
import { follow } from "../route";
import { deviceZone, momentText } from "../time";

/** After an account was deleted. */
export function Goodbye() {
  const until = leaving.value?.until;
  return (
    <Door title="Your account is deleted">
      <p role="status">You are signed out on all devices, and get no more reminders.</p>
      {until && (
        <p>
          Changed your mind? Sign in within {GRACE_DAYS} days, that is until{" "}
          <strong>{momentText(until, deviceZone(), now.value)}</strong>, and you keep the account
          with all its tasks. After that they are gone for good.
        </p>
      )}
      <a class="button" href="/sign-in" onClick={follow}>
        Sign in and keep the account
      </a>
    </Door>
  );
}
