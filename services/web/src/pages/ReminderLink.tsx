import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { isLinkOver } from "../account";
import { now } from "../clock";
import { Alert } from "../components/Alert";
import { Door } from "../components/Door";
import { useAction } from "../components/useAction";
import { lateText, minutesUntilTomorrow, overText, usedText } from "../mailLinks";
import { lookAtLink, spendLink } from "../notifying";
import { ApiError, explain } from "../problem";
import { follow, linkToken } from "../route";
import * as session from "../session";
import { dueText, knownZone } from "../time";
import type { ReminderLink as About } from "../types";

/** Where the buttons of a reminder's mail lead. It asks first: mail scanners open links too. */
export function ReminderLink() {
  const token = linkToken.value;
  if (token === null) return <Over why="Open the link in the mail once more." />;
  return <Question key={token} token={token} />;
}

function Question({ token }: { token: string }) {
  const about = useSignal<About | null>(null);
  const over = useSignal("");
  const failure = useSignal<unknown>(null);
  const done = useSignal("");

  async function look() {
    failure.value = null;
    try {
      about.value = await lookAtLink(token);
    } catch (error) {
      if (isOver(error)) over.value = LINK_OVER;
      else failure.value = error;
    }
  }

  useEffect(() => void look(), []);

  if (over.value) return <Over why={over.value} />;
  if (done.value) return <Done said={done.value} />;
  if (failure.value !== null) {
    return (
      <Door title="Your reminder">
        <Alert>{explain(failure.value)}</Alert>
        <button type="button" class="button primary" onClick={() => void look()}>
          Try again
        </button>
      </Door>
    );
  }
  if (about.value === null) {
    return (
      <Door title="Your reminder">
        <p role="status">One moment…</p>
      </Door>
    );
  }
  const why = overText(about.value.state);
  if (why) return <Over title={about.value.title} why={why} />;
  return (
    <Choices
      token={token}
      about={about.value}
      onDone={(said) => (done.value = said)}
      onOver={(said) => (over.value = said)}
    />
  );
}

interface ChoicesProps {
  token: string;
  about: About;
  onDone: (said: string) => void;
  onOver: (why: string) => void;
}

function Choices({ token, about, onDone, onOver }: ChoicesProps) {
  const zone = knownZone(about.time_zone);
  const { busy, message, run } = useAction(async (minutes: number | null) => {
    try {
      const deed = minutes === null ? { action: "done" as const } : snoozeFor(minutes);
      onDone(usedText(await spendLink(token, deed), zone, Date.now()));
    } catch (error) {
      if (!isOver(error) && !isSettled(error)) throw error;
      onOver(isOver(error) ? LINK_OVER : explain(error));
    }
  });
  const due = dueText(about, zone, now.value);
  const snoozes: [string, () => number][] = [
    ["In 10 minutes", () => 10],
    ["In 1 hour", () => 60],
    ["Tomorrow at 09:00", () => minutesUntilTomorrow("09:00", zone, Date.now())],
  ];
  return (
    <Door title={about.title}>
      <p class="muted">
        {due ? `Due ${due}.` : "Your reminder."} {lateText(about)} What do you want to do?
      </p>
      <button
        type="button"
        class="button primary"
        aria-disabled={busy}
        onClick={() => void run(null)}
      >
        {busy ? "One moment…" : "Done"}
      </button>
      <div class="snoozes" role="group" aria-labelledby="snooze-title">
        <h2 id="snooze-title">Remind me again</h2>
        {snoozes.map(([label, minutes]) => (
          <button
            key={label}
            type="button"
            class="button"
            aria-disabled={busy}
            onClick={() => void run(minutes())}
          >
            {label}
          </button>
        ))}
      </div>
      <Alert>{message}</Alert>
    </Door>
  );
}

function snoozeFor(minutes: number) {
  return { action: "snooze" as const, minutes };
}

const LINK_OVER = "Such a link works once, and for a week.";

function isOver(error: unknown): boolean {
  return isLinkOver(error) || (error instanceof ApiError && [404, 410].includes(error.status));
}

/** The task was done, deleted or moved on meanwhile. */
function isSettled(error: unknown): boolean {
  return error instanceof ApiError && [409, 422].includes(error.status);
}

function Done({ said }: { said: string }) {
  return (
    <Door title="All right">
      <p role="status">{said}</p>
      <ToTasks />
    </Door>
  );
}

function Over({ title = "This link has expired", why }: { title?: string; why: string }) {
  return (
    <Door title={title}>
      <p role="status">{why}</p>
      <ToTasks />
    </Door>
  );
}

function ToTasks() {
  const known = session.state.value === "signed-in";
  return (
    <a class="button" href={known ? "/" : "/sign-in"} onClick={follow}>
      {known ? "To your tasks" : "Sign in"}
    </a>
  );
}
