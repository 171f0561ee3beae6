import { beforeEach, describe, expect, it, vi } from "vitest";

import type * as Live from "../src/live";
import type * as Session from "../src/session";

let live: typeof Live;
let session: typeof Session;
let page: { visibilityState: string };
let looked: () => void;
/** What the server says on the connection that is open; null when there is none. */
let line: { say: (text: string) => void; hangUp: () => void } | null;
/** What each connection was asked with. */
let begun: Headers[];
let kept: Map<string, string>;

const tokens = {
  access_token: "first",
  expires_in: 900,
  user: { id: "u", email: "ada@example.com", name: "Ada", time_zone: "UTC" },
};

function connect(init: RequestInit): Response {
  begun.push(new Headers(init.headers));
  const start = (controller: ReadableStreamDefaultController) => {
    line = {
      say: (text) => controller.enqueue(new TextEncoder().encode(text)),
      hangUp: () => controller.close(),
    };
    init.signal?.addEventListener("abort", () => {
      line = null;
      controller.error(init.signal?.reason);
    });
  };
  return new Response(new ReadableStream({ start }));
}

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  line = null;
  begun = [];
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  page = { visibilityState: "visible" };
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  vi.stubGlobal("document", {
    ...page,
    get visibilityState() {
      return page.visibilityState;
    },
    addEventListener: (_name: string, run: () => void) => (looked = run),
  });
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path.endsWith("/events")) return connect(init);
    return new Response(path.includes("logout") ? null : JSON.stringify(tokens), {
      status: path.includes("logout") ? 204 : 200,
    });
  });
  session = await import("../src/session");
  live = await import("../src/live");
  live.start();
  return () => {
    session.leave();
    vi.useRealTimers();
  };
});

function say(text: string) {
  line?.say(text);
}

function hangUp() {
  const { hangUp: close } = line ?? {};
  line = null;
  close?.();
}

async function resumed() {
  kept.set("taskbell.live", '["u","0"]');
  await signedIn();
}

async function signedIn() {
  await session.signIn("ada@example.com", "correct horse");
  await vi.waitFor(() => expect(line).not.toBeNull());
  say('event: ready\ndata: {"user_id":"u"}\n\n');
}

let last = 0;

function change(kind: string, id: string) {
  last += 1;
  const data = JSON.stringify({ kind, id, action: "updated", version: 2, at: "" });
  say(`event: change\nid: ${last}\ndata: ${data}\n\n`);
}

function listener(kinds: Live.Kind[], options = {}) {
  const heard: (string[] | null)[] = [];
  live.on(kinds, (news) => heard.push(news && news.map(({ id }) => id)), options);
  return heard;
}

describe("news", () => {
  it("come together, to those who asked for their kind", async () => {
    const tasks = listener(["task"]);
    const lists = listener(["list", "label"]);
    await resumed();
    change("task", "a");
    change("list", "l");
    change("task", "b");
    await vi.waitFor(() => expect(tasks).toEqual([["a", "b"]]));
    expect(lists).toEqual([["l"]]);
  });

  it("do not wait for ever while there are more", async () => {
    const tasks = listener(["task"]);
    await resumed();
    for (let turn = 0; turn < 20; turn += 1) {
      change("task", String(turn));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(tasks.length).toBeGreaterThanOrEqual(1);
  });

  it("wait while nobody looks, for who does not want them even then", async () => {
    const tasks = listener(["task"]);
    const always = listener(["task"], { evenHidden: true });
    await resumed();
    page.visibilityState = "hidden";
    change("task", "a");
    await vi.waitFor(() => expect(always).toEqual([["a"]]));
    expect(tasks).toEqual([]);
    page.visibilityState = "visible";
    looked();
    await vi.waitFor(() => expect(tasks).toEqual([["a"]]));
  });

  it("may be that anything has changed", async () => {
    const tasks = listener(["task"]);
    await resumed();
    change("task", "a");
    say("event: reset\ndata: {}\n\n");
    await vi.waitFor(() => expect(tasks).toEqual([null]));
  });

  it("were missed where a connection cannot go on from anywhere", async () => {
    const tasks = listener(["task"]);
    await signedIn();
    expect(begun[0]?.get("Last-Event-ID")).toBeNull();
    await vi.waitFor(() => expect(tasks).toEqual([null]));
    say(": heartbeat\nid: 9\n\n");
    await vi.advanceTimersByTimeAsync(100);
    hangUp();
    await vi.advanceTimersByTimeAsync(2_100);
    await vi.waitFor(() => expect(begun).toHaveLength(2));
    expect(begun[1]?.get("Last-Event-ID")).toBe("9");
    say('event: ready\nid: 10\ndata: {}\n\n');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(tasks).toEqual([null]);
  });

  it("go on where the page before this one was, for the same person only", async () => {
    kept.set("taskbell.live", '["u","7"]');
    await signedIn();
    expect(begun[0]?.get("Last-Event-ID")).toBe("7");
    await session.signOut();
    expect(kept.has("taskbell.live")).toBe(false);
    kept.set("taskbell.live", '["somebody else","8"]');
    await signedIn();
    expect(begun[1]?.get("Last-Event-ID")).toBeNull();
  });

  it("are not listened to when nobody is signed in", async () => {
    const tasks = listener(["task"]);
    await resumed();
    change("task", "a");
    await session.signOut();
    await vi.waitFor(() => expect(line).toBeNull());
    await vi.advanceTimersByTimeAsync(10_000);
    expect(begun).toHaveLength(1);
    expect(tasks).toEqual([]);
  });

  it("are not listened to for long where nobody looks", async () => {
    await signedIn();
    page.visibilityState = "hidden";
    looked();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(line).toBeNull();
    page.visibilityState = "visible";
    looked();
    await vi.waitFor(() => expect(line).not.toBeNull());
    expect(begun).toHaveLength(2);
  });
});
