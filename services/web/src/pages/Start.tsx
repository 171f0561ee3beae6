import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { explain } from "../problem";
import * as session from "../session";

/** Shown while the session of the cookie is taken up, or could not be. */
export function Start() {
  if (session.state.value === "starting") {
    return (
      <main class="door" aria-busy="true">
        <p class="muted delayed" role="status">
          Opening Taskbell…
        </p>
      </main>
    );
  }
  return (
    <Door title="No connection">
      <Alert>{explain(session.reason.value)}</Alert>
      <button type="button" class="button primary" onClick={() => void session.resume()}>
        Try again
      </button>
    </Door>
  );
}
