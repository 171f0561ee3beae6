import { beforeEach, describe, expect, it, vi } from "vitest";

import type * as Session from "../src/session";
import type * as Stream from "../src/stream";

let session: typeof Session;
let stream: typeof Stream;
let asked: Headers[];
let answers: ((init: RequestInit) => Response)[];
let ended: AbortController;

const tokens = (access_token: string) => ({
  access_token,
  expires_in: 900,
  user: { id: "u", email: "ada@example.com", name: "Ada", time_zone: "UTC" },
});
const json = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status });

/** Says this and ends, as the server does when it stops. */
const says = (text: string) => () => new Response(text);

/** Says this, and nothing more until it is hung up. */
const holds = (text: string) => (init: RequestInit) => {
  const start = (controller: ReadableStreamDefaultController) => {
    controller.enqueue(new TextEncoder().encode(text));
    init.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
  };
  return new Response(new ReadableStream({ start }));
};

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  asked = [];
  answers = [];
  ended = new AbortController();
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path.endsWith("/events")) asked.push(new Headers(init.headers));
    const next = answers.shift();
    if (!next) throw new TypeError("Failed to fetch");
    return next(init);
  });
  session = await import("../src/session");
  stream = await import("../src/stream");
  answers.push(json(200, tokens("first")));
  await session.signIn("ada@example.com", "correct horse");
  return () => {
    ended.abort();
    vi.useRealTimers();
    vi.restoreAllMocks();
  };
});

function listen(lastId = "") {
  const heard: string[] = [];
  const ears = { lastId, onSign: () => undefined, onEvent: ({ data }: { data: string }) => heard.push(data) };
  const over = stream.listen(ears, ended.signal);
  return { heard, over };
}

describe("listening", () => {
  it("goes on from the last id after the server has ended it", async () => {
    answers.push(says("retry: 100\n\nid: 5\ndata: one\n\n"), holds("data: two\n\n"));
    const { heard } = listen("4");
    await vi.waitFor(() => expect(heard).toEqual(["one"]));
    await vi.advanceTimersByTimeAsync(150);
    await vi.waitFor(() => expect(heard).toEqual(["one", "two"]));
    expect(asked.map((headers) => headers.get("Last-Event-ID"))).toEqual(["4", "5"]);
    expect(asked[0]?.get("Authorization")).toBe("Bearer first");
    expect(asked[0]?.get("Accept")).toBe("text/event-stream");
  });

  it("renews the token once, and is over when nobody is signed in", async () => {
    answers.push(json(401, {}), json(200, tokens("second")), holds("data: one\n\n"));
    const { heard, over } = listen();
    await vi.waitFor(() => expect(heard).toEqual(["one"]));
    expect(asked.at(-1)?.get("Authorization")).toBe("Bearer second");
    ended.abort();
    await over;
  });

  it("tries ever less often while nobody answers", async () => {
    const { over } = listen();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(2_100);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(3);
    ended.abort();
    await over;
  });

  it("does not believe in a server that says nothing", async () => {
    answers.push(holds("data: one\n\n"), holds("data: two\n\n"));
    const { heard } = listen();
    await vi.waitFor(() => expect(heard).toEqual(["one"]));
    await vi.advanceTimersByTimeAsync(43_000);
    await vi.waitFor(() => expect(heard).toEqual(["one", "two"]));
  });

  it("waits as long as the server asks, and longer where it is not wanted", async () => {
    answers.push(() => new Response("{}", { status: 503, headers: { "Retry-After": "30" } }));
    const { over } = listen();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(asked).toHaveLength(1);
    answers.push(json(404, {}));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(asked).toHaveLength(2);
    ended.abort();
    await over;
  });
});

it("waits a different time in each browser, and never longer than a minute", () => {
  expect(stream.backoff(2_000, 0, 0)).toBe(1_000);
  expect(stream.backoff(2_000, 0, 1)).toBe(2_000);
  expect(stream.backoff(2_000, 3, 1)).toBe(8_000);
  expect(stream.backoff(2_000, 50, 1)).toBe(60_000);
});
