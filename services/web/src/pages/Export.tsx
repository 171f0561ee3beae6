import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { fetchExport, isLinkOver, prepareExport } from "../account";
import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { useAction } from "../components/useAction";
import { save } from "../files";
import { explain } from "../problem";
import { follow, linkToken } from "../route";
import * as session from "../session";
import { dateIn } from "../time";
import * as waitingExport from "../waitingExport";

/** Where the link of the mail “Your data” leads. */
export function Export() {
  const token = linkToken.value ?? waitingExport.kept();
  return token === null ? <Over /> : <Download key={token} token={token} />;
}

function Download({ token }: { token: string }) {
  const state = useSignal<"working" | "saved" | "over" | "failed">("working");
  const failure = useSignal<unknown>(null);
  const file = useRef<{ data: Blob; name: string } | null>(null);

  async function fetch() {
    state.value = "working";
    try {
      const data = await fetchExport(token);
      file.current = { data, name: `taskbell-${dateIn(session.zone.peek(), Date.now())}.json` };
      waitingExport.drop();
      state.value = "saved";
      again();
    } catch (error) {
      if (isLinkOver(error)) waitingExport.drop();
      failure.value = error;
      state.value = isLinkOver(error) ? "over" : "failed";
    }
  }

  function again() {
    if (file.current) save(file.current.data, file.current.name);
  }

  useEffect(() => void fetch(), []);

  switch (state.value) {
    case "working":
      return (
        <Door title="Your data">
          <p role="status">Fetching your data…</p>
        </Door>
      );
    case "saved":
      return (
        <Door title="Your data">
          <p role="status">
            Your data is in your downloads, as <strong>{file.current?.name}</strong>.
          </p>
          <p class="muted">Keep it to yourself: it has all you wrote here.</p>
          <button type="button" class="button" onClick={again}>
            Save it again
          </button>
          <ToTasks />
        </Door>
      );
    case "over":
      return <Over />;
    case "failed":
      return (
        <Door title="Your data">
          <Alert>{explain(failure.value)}</Alert>
          <button type="button" class="button primary" onClick={() => void fetch()}>
            Try again
          </button>
          <ToTasks />
        </Door>
      );
  }
}

function Over() {
  const asked = useSignal(false);
  const { busy, message, run } = useAction(async () => {
    await prepareExport();
    asked.value = true;
  });
  return (
    <Door title="This link has expired">
      <p>
        Links to your data do not work for long, and only for the account that asked for it. You are
        signed in as <strong>{session.user.value?.email}</strong>.
      </p>
      <Alert>{message}</Alert>
      <p class="muted" role="status">
        {asked.value && "We are putting it together, and mail you a link when it is ready."}
      </p>
      <button type="button" class="button primary" aria-disabled={busy} onClick={() => void run()}>
        {busy ? "Asking…" : "Send me a new link"}
      </button>
      <ToTasks />
    </Door>
  );
}

function ToTasks() {
  return (
    <p class="muted">
      <a href="/" onClick={follow}>
        To your tasks
      </a>
    </p>
  );
}
