import { beforeEach, expect, it, vi } from "vitest";

import type * as Quick from "../src/quick";
import type * as Session from "../src/session";

interface Sent {
  body: { text: string; dry_run?: boolean; ignore?: number[][] };
  key: string | null;
  answer: (body: unknown) => void;
}

let quick: typeof Quick;
let session: typeof Session;
let sent: Sent[];
let online: boolean;

const task = { id: "t", title: "Call", labels: [], list_id: "l" };
const span = { start: 5, end: 10, text: "today", kind: "due", value: "2026-11-21" };

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  sent = [];
  online = true;
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    if (!path.endsWith("/tasks/quick")) return new Promise(() => undefined);
    return new Promise((resolve, reject) => {
      const key = new Headers(init.headers).get("Idempotency-Key");
      const answer = (body: unknown) => resolve(new Response(JSON.stringify(body)));
      sent.push({ body: JSON.parse(String(init.body)), key, answer });
      init.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      if (!online) reject(new TypeError("Failed to fetch"));
    });
  });
  session = await import("../src/session");
  quick = await import("../src/quick");
  session.state.value = "signed-in";
  return () => vi.useRealTimers();
});

async function typed(text: string): Promise<Sent> {
  quick.type(text);
  await vi.advanceTimersByTimeAsync(300);
  return sent.at(-1) as Sent;
}

async function answered({ answer }: Sent, spans: object[]): Promise<void> {
  answer({ task: null, parsed: { spans } });
  await vi.advanceTimersByTimeAsync(0);
}

it("asks for what was typed last, and shows nothing older", async () => {
  const first = await typed("Call today");
  quick.type("Call today or");
  const second = await typed("Call today or not");
  expect(sent).toHaveLength(2);
  await answered(second, []);
  await answered(first, [span]);
  expect(quick.spans.value).toEqual([]);
});

it("moves what was understood along, and sends what shall stay text", async () => {
  await answered(await typed("Call today"), [span]);
  quick.type("Call Ann today");
  expect(quick.spans.value).toMatchObject([{ start: 9, end: 14 }]);
  quick.undo(quick.spans.value[0] as (typeof quick.spans.value)[0]);
  quick.type("  Call Bob today");
  await vi.advanceTimersByTimeAsync(300);
  expect(sent.at(-1)?.body).toEqual({ text: "Call Bob today", ignore: [[9, 14]], dry_run: true });
});

it("sends the same again with the same key, and another text with another one", async () => {
  online = false;
  quick.type("Call");
  await expect(quick.add()).rejects.toThrow();
  await expect(quick.add()).rejects.toThrow();
  quick.type("Call Ann");
  await expect(quick.add()).rejects.toThrow();
  const [first, again, other] = sent.map(({ key }) => key);
  expect(first).toBeTruthy();
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(quick.text.value).toBe("Call Ann");
});

it("is empty again once the task is there, unless more was typed meanwhile", async () => {
  quick.type("Call");
  const adding = quick.add();
  quick.type("Call Ann");
  sent[0]?.answer({ task, parsed: {} });
  await adding;
  expect(quick.text.value).toBe("Call Ann");
});
