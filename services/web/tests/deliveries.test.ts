import { describe, expect, it } from "vitest";

import {
  answerOf,
  byOccurrence,
  lateText,
  outcomeOf,
  sentenceOf,
  stepsOf,
  wayOf,
} from "../src/deliveries";
import type { Delivery } from "../src/types";

const ZONE = "Europe/Berlin";
const NOW = Date.parse("2026-06-10T12:00:00Z");

const delivery: Delivery = {
  id: "d",
  attempt: 1,
  state: "sent",
  channel: "email",
  fire_at: "2026-06-10T07:00:00Z",
  planned_at: "2026-06-10T07:00:00Z",
  started_at: "2026-06-10T07:00:01.4Z",
  finished_at: "2026-06-10T07:00:02Z",
  late_seconds: 2,
  response: "250 OK",
  target: null,
  summary: null,
};

function outcome(state: string, changes: Partial<Delivery> = {}) {
  return outcomeOf({ ...delivery, state, ...changes });
}

function at(id: string, fire_at: string): Delivery {
  return { ...delivery, id, fire_at };
}

describe("a delivery", () => {
  it("tells its story in the reader's time", () => {
    expect(stepsOf(delivery, ZONE, NOW)).toEqual([
      "planned Today, 09:00",
      "sent 09:00:01",
      "accepted 09:00:02",
    ]);
    const waiting = { ...delivery, state: "planned", started_at: null, finished_at: null };
    expect(stepsOf(waiting, ZONE, NOW)).toEqual(["planned Today, 09:00"]);
    const dropped = { ...delivery, state: "skipped" };
    expect(stepsOf(dropped, ZONE, NOW)).toEqual(["planned Today, 09:00", "not sent 09:00:02"]);
  });

  it("says on which way, and to whom", () => {
    expect(wayOf(delivery)).toBe("E-mail");
    expect(wayOf({ ...delivery, channel: "push", target: "Phone" })).toBe("Push to Phone");
    expect(wayOf({ ...delivery, channel: "pigeon" })).toBe("pigeon");
  });

  it("has an outcome for each state", () => {
    expect(outcome("sent")).toEqual(["good", "accepted"]);
    expect(outcome("sent", { channel: "in_app" })).toEqual(["good", "shown"]);
    expect(outcome("failed")).toEqual(["bad", "failed"]);
    expect(outcome("planned", { attempt: 2 })).toEqual(["", "waits to be tried again"]);
    expect(outcome("unknown")).toEqual(["warn", "cut off"]);
    expect(outcome("skipped")).toEqual(["", "not sent"]);
    expect(outcome("new_one")).toEqual(["", "new_one"]);
  });

  it("shows the answer once", () => {
    expect(answerOf(delivery)).toBe("250 OK");
    const summary = "Accepted by the mail server: 250 OK.";
    expect(sentenceOf({ ...delivery, summary })).toBe(summary);
    expect(answerOf({ ...delivery, summary })).toBe("");
  });

  it("is late from a minute on", () => {
    expect(lateText({ late_seconds: 59 })).toBe("");
    expect(lateText({ late_seconds: 3 * 3600 })).toBe("3 h late");
    expect(lateText({ late_seconds: null })).toBe("");
  });
});

it("deliveries come by their moment, the newest first, and each from its beginning", () => {
  const one = "2026-06-10T07:00:00Z";
  const other = "2026-06-11T07:00:00Z";
  const newestFirst = [at("d", one), at("c", other), at("b", other), at("a", one)];
  const ids = byOccurrence(newestFirst).map((group) => group.map(({ id }) => id));
  expect(ids).toEqual([
    ["b", "c"],
    ["a", "d"],
  ]);
});
