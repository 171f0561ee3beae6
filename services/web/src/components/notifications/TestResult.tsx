import { now } from "../../clock";
import * as session from "../../session";
import { momentText } from "../../time";
import type { TestNotification } from "../../types";
import { Disclosure } from "../task/Disclosure";

const STATES = {
  pending: ["", "Waiting for the answer…"],
  accepted: ["good", "accepted"],
  failed: ["bad", "failed"],
} as const;

/** What came of a test, with all that was said on the way where somebody wants to see it. */
export function TestResult({ test }: { test: TestNotification | null }) {
  const [tone, word] = test ? STATES[test.state] : ["", ""];
  return (
    <div class="test-result">
      <p role="status">
        {test && (
          <>
            <span class={`badge ${tone}`}>{word}</span>{" "}
            {test.summary ?? (test.state === "pending" && "It is on its way.")}{" "}
            {test.finished_at && (
              <span class="muted">
                {momentText(test.finished_at, session.zone.value, now.value)}
              </span>
            )}
          </>
        )}
      </p>
      {test?.transcript && (
        <Disclosure label="What was said">
          <pre class="transcript">{test.transcript}</pre>
        </Disclosure>
      )}
    </div>
  );
}
