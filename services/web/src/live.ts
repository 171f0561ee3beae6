/**
 * What changes elsewhere, as it happens. Of all tabs of a browser one listens to the server and
 * tells the others.
 */

import { computed, effect, signal } from "@preact/signals";

import * as session from "./session";
import type { ServerEvent } from "./sse";
import { listen } from "./stream";

export type Kind =
  | "task"
  | "list"
  | "label"
  | "filter"
  | "reminder"
  | "delivery"
  | "notification"
  | "preferences"
  | "account"
  | "webhook"
  | "push_subscription"
  | "feed"
  | "import";

export interface Change {
  kind: Kind;
  id: string;
  action: "created" | "updated" | "deleted";
  version: number | null;
}

/** Null: anything may have changed. */
export type News = Change[] | null;

interface Subscription {
  kinds: readonly Kind[];
  run: (news: News) => void;
  evenHidden: boolean;
  waiting: News | undefined;
  since: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** What one tab tells the others. */
interface Told {
  user: string;
  /** Absent in a sign of life. */
  event?: ServerEvent;
  /** Where to go on from. */
  lastId: string;
}

const LOCK = "taskbell.live";
/** Where to go on from, and for whom: a page that is loaded again misses nothing in between. */
const KEPT = "taskbell.live";
/** What comes together is looked at together. */
const SOON_MS = 250;
const LATEST_MS = 1_500;
/** A tab nobody looks at hands over, or stops. */
const HIDDEN_MS = 300_000;
/** Where tabs cannot share a connection, and have few. */
const HIDDEN_ALONE_MS = 5_000;
const SIGN_MS = 10_000;
/** The tab that listens says nothing any more: perhaps it sleeps. */
const ASLEEP_MS = 60_000;

const subscriptions = new Set<Subscription>();
const channel = new BroadcastChannel("taskbell.live");
const looked = signal(true);
const listener = computed(() =>
  session.state.value === "signed-in" && looked.value ? (session.user.value?.id ?? null) : null,
);

let lastId = "";
let heardAt = 0;
let toldAt = 0;
let leading = false;
let hiding: ReturnType<typeof setTimeout> | undefined;

/** Called once, when the page loads. */
export function start(): void {
  channel.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    if (data.user !== session.user.peek()?.id) return;
    heardAt = Date.now();
    if (data.event) take(data.event);
    lastId = data.lastId || lastId;
  });
  document.addEventListener("visibilitychange", lookAgain);
  session.onSignOut(() => {
    lastId = "";
    forget();
    for (const one of subscriptions) drop(one);
  });
  effect(() => {
    const user = listener.value;
    if (user === null) return undefined;
    const ended = new AbortController();
    lastId ||= kept(user);
    heardAt = Date.now();
    void takeTurns(user, ended.signal);
    return () => ended.abort();
  });
}

/** `run` is called soon after such changes, with all of them; returns how to end it. */
export function on(
  kinds: readonly Kind[],
  run: (news: News) => void,
  { evenHidden = false } = {},
): () => void {
  const one = { kinds, run, evenHidden, waiting: undefined, since: 0, timer: undefined };
  subscriptions.add(one);
  return () => {
    subscriptions.delete(one);
    drop(one);
  };
}

function lookAgain(): void {
  clearTimeout(hiding);
  if (document.visibilityState === "visible") {
    looked.value = true;
    for (const one of subscriptions) if (one.waiting !== undefined) schedule(one);
  } else {
    const wait = navigator.locks ? HIDDEN_MS : HIDDEN_ALONE_MS;
    hiding = setTimeout(() => (looked.value = false), wait);
  }
}

/** Listens while no other tab does. */
async function takeTurns(user: string, over: AbortSignal): Promise<void> {
  // Web Locks exist on https and localhost only; elsewhere each tab listens for itself.
  const { locks } = navigator;
  if (!locks) return hear(user, over);
  let steal = false;
  while (!over.aborted) {
    const turn = new AbortController();
    const ended = AbortSignal.any([over, turn.signal]);
    const watch = setInterval(() => {
      const asleep = !leading && Date.now() - heardAt > ASLEEP_MS;
      if (!asleep || document.visibilityState === "hidden") return;
      steal = true;
      turn.abort();
    }, SIGN_MS);
    try {
      await locks.request(LOCK, steal ? { steal } : { signal: ended }, async () => {
        steal = false;
        leading = true;
        await hear(user, ended);
      });
    } catch {
      // Ended, or another tab has taken over.
      turn.abort();
    }
    leading = false;
    heardAt = Date.now();
    clearInterval(watch);
  }
}

function hear(user: string, ended: AbortSignal): Promise<void> {
  const tell = (event?: ServerEvent) => {
    toldAt = Date.now();
    const told = { user, lastId: event?.id || lastId, ...(event ? { event } : {}) };
    keep(user, told.lastId);
    if (navigator.locks) channel.postMessage(told satisfies Told);
  };
  const ears = {
    lastId,
    onSign: () => {
      lastId = ears.lastId || lastId;
      if (Date.now() - toldAt > SIGN_MS) tell();
    },
    onEvent: (event: ServerEvent) => {
      // Something may still be on its way when somebody signs out.
      if (ended.aborted) return;
      // What is shown was read before the server began to tell of changes.
      const missed = event.event === "ready" && ears.lastId === "";
      const shown = missed ? { ...event, event: "reset" } : event;
      tell(shown);
      take(shown);
    },
  };
  return listen(ears, ended);
}

function take({ event, data, id }: ServerEvent): void {
  lastId = id || lastId;
  if (event === "reset") announce(null);
  if (event !== "change") return;
  const change = parsed(data);
  if (change) announce([change]);
}

function parsed(data: string): Change | null {
  try {
    return JSON.parse(data) as Change;
  } catch {
    return null;
  }
}

function announce(news: News): void {
  for (const one of subscriptions) {
    const mine = news && news.filter(({ kind }) => one.kinds.includes(kind));
    if (mine?.length === 0) continue;
    if (one.waiting === undefined) one.since = Date.now();
    one.waiting = mine && one.waiting !== null ? [...(one.waiting ?? []), ...mine] : null;
    schedule(one);
  }
}

function schedule(one: Subscription): void {
  clearTimeout(one.timer);
  // Nobody sees it: later, and then once.
  if (document.visibilityState === "hidden" && !one.evenHidden) return;
  const latest = one.since + LATEST_MS - Date.now();
  one.timer = setTimeout(() => {
    const news = one.waiting;
    one.waiting = undefined;
    if (news !== undefined) one.run(news);
  }, Math.max(0, Math.min(SOON_MS, latest)));
}

function drop(one: Subscription): void {
  clearTimeout(one.timer);
  one.waiting = undefined;
}

function kept(user: string): string {
  try {
    const [whose, id] = JSON.parse(localStorage.getItem(KEPT) ?? "[]") as string[];
    return whose === user && id ? id : "";
  } catch {
    return "";
  }
}

function keep(user: string, id: string): void {
  try {
    if (id) localStorage.setItem(KEPT, JSON.stringify([user, id]));
  } catch {
    // No storage: then all is read once more after a load.
  }
}

function forget(): void {
  try {
    localStorage.removeItem(KEPT);
  } catch {
    // There was none.
  }
}
