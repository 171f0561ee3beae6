/** What became of a reminder, in words: planned, sent, and what the other side answered. */

import { clockText, momentText, spanText } from "./time";
import type { Delivery } from "./types";

const NAMES: Record<string, string> = {
  email: "E-mail",
  in_app: "In Taskbell",
  push: "Push",
  webhook: "Webhook",
};

/** A minute of delay is nothing anybody needs to hear of. */
const LATE_SECONDS = 60;

type Tone = "" | "good" | "warn" | "bad";

/** On which way, and to whom if there are several. */
export function wayOf({ channel, target }: Delivery): string {
  const name = NAMES[channel.split(":")[0] ?? ""] ?? channel;
  return target ? `${name} to ${target}` : name;
}

export function outcomeOf(delivery: Delivery): [tone: Tone, word: string] {
  switch (delivery.state) {
    case "planned":
      return ["", delivery.attempt > 1 ? "waits to be tried again" : "planned"];
    case "sending":
      return ["", "being sent"];
    case "sent":
      return ["good", delivery.channel === "in_app" ? "shown" : "accepted"];
    case "failed":
      return ["bad", "failed"];
    case "unknown":
      return ["warn", "cut off"];
    case "skipped":
      return ["", "not sent"];
    default:
      return ["", delivery.state];
  }
}

/** One after the other, each with its time; the day stands at the first. */
export function stepsOf(delivery: Delivery, zone: string, now: number): string[] {
  const { planned_at, started_at, finished_at, state } = delivery;
  const steps: [string, string | null][] = [
    ["planned", planned_at],
    ["sent", state === "skipped" ? null : started_at],
    [outcomeOf(delivery)[1], finished_at],
  ];
  const known = steps.filter((step): step is [string, string] => step[1] !== null);
  return known.map(([word, at], index) =>
    index === 0 ? `${word} ${momentText(at, zone, now)}` : `${word} ${clockText(at, zone)}`,
  );
}

/** The server's own sentence; else what can be said without it. */
export function sentenceOf(delivery: Delivery): string {
  if (delivery.summary) return delivery.summary;
  switch (delivery.state) {
    case "unknown":
      return "The connection was cut off before the answer, so it is tried again.";
    case "skipped":
      return "It was no longer wanted.";
    default:
      return "";
  }
}

/** What the other side said, unless the sentence has it already. */
export function answerOf(delivery: Delivery): string {
  const response = delivery.response ?? "";
  const said = sentenceOf(delivery).toLowerCase();
  return said.includes(response.toLowerCase()) ? "" : response;
}

export function lateText({ late_seconds }: Pick<Delivery, "late_seconds">): string {
  if (late_seconds === null || late_seconds < LATE_SECONDS) return "";
  return `${spanText(late_seconds)} late`;
}

/** By the moment they were for, the newest first; each oldest first, as a story reads. */
export function byOccurrence(deliveries: readonly Delivery[]): Delivery[][] {
  const groups = new Map<string, Delivery[]>();
  for (const one of deliveries) {
    const group = groups.get(one.fire_at);
    if (group) group.unshift(one);
    else groups.set(one.fire_at, [one]);
  }
  return [...groups.values()].toSorted((one, other) => momentOf(other) - momentOf(one));
}

function momentOf(group: Delivery[]): number {
  return Date.parse(group[0]?.fire_at ?? "");
}
