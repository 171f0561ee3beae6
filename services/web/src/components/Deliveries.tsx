import { now } from "../clock";
import {
  answerOf,
  byOccurrence,
  lateText,
  outcomeOf,
  sentenceOf,
  stepsOf,
  wayOf,
} from "../deliveries";
import * as session from "../session";
import { counted } from "../time";
import type { Delivery } from "../types";
import { Disclosure } from "./task/Disclosure";

/** What became of a reminder: of its last moment at once, of earlier ones for who wants to see. */
export function Deliveries({ deliveries }: { deliveries: Delivery[] }) {
  const [newest, ...earlier] = byOccurrence(deliveries);
  if (!newest) return null;
  return (
    <div class="deliveries" role="group" aria-label="What became of it">
      <Story of={newest} />
      {earlier.length > 0 && (
        <Disclosure label={counted(earlier.length, "earlier reminder")}>
          {earlier.map((group) => (
            <Story key={group[0]?.fire_at} of={group} />
          ))}
        </Disclosure>
      )}
    </div>
  );
}

function Story({ of }: { of: Delivery[] }) {
  return (
    <ol class="story">
      {of.map((one) => (
        <Step key={one.id} one={one} />
      ))}
    </ol>
  );
}

function Step({ one }: { one: Delivery }) {
  const [tone, word] = outcomeOf(one);
  const late = lateText(one);
  const sentence = sentenceOf(one);
  const answer = answerOf(one);
  return (
    <li class={`delivery ${tone}`}>
      <p>
        <strong>{wayOf(one)}</strong> <span class={`badge ${tone}`}>{word}</span>{" "}
        {late && <span class="badge warn">{late}</span>}{" "}
        {one.attempt > 1 && <span class="muted">attempt {one.attempt}</span>}
      </p>
      {sentence && <p>{sentence}</p>}
      <p class="muted">{stepsOf(one, session.zone.value, now.value).join(" → ")}</p>
      {answer && <p class="response">{answer}</p>}
    </li>
  );
}
