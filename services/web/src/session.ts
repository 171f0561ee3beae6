/**
 * Who is signed in. The access token lives in memory only; the refresh token in an HttpOnly
 * cookie this code never sees. Tabs share one session: what one tab does, the others follow.
 */

import { computed, effect, signal } from "@preact/signals";

import { send } from "./http";
import { ApiError, isTemporary } from "./problem";
import { deviceZone, knownZone, writeDatesAs } from "./time";
import type { Tokens, User } from "./types";

type State = "starting" | "unreachable" | "anonymous" | "signed-in";
type Message =
  { kind: "signed-in"; tokens: Tokens } | { kind: "signed-out" } | { kind: "user"; user: User };

export const state = signal<State>("starting");
export const user = signal<User | null>(null);
/** Why the start page or the sign-in page is shown, if there is something to say. */
export const reason = signal<unknown>(null);
export const ended = signal(false);
export const greeting = signal("");
export const zone = computed(() => knownZone(user.value?.time_zone));

effect(() => writeDatesAs(user.value?.locale ?? ""));

/** Set when somebody signed in on this browser; spares new visitors a refresh that must fail. */
const HINT = "taskbell.signed-in";
const LOCK = "taskbell.session";
const NEWS_MS = 250;

let accessToken: string | null = null;
let expiresAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<void> | null = null;
const signOutHooks: (() => void)[] = [];
const channel = new BroadcastChannel("taskbell.session");

/** Called once, when the page loads. */
export async function start(): Promise<void> {
  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => follow(data));
  addEventListener("online", () => state.value === "unreachable" && void resume());
  document.addEventListener("visibilitychange", () => {
    // Timers sleep with the machine: look at the clock when somebody is back.
    if (document.visibilityState === "visible" && accessToken && Date.now() > expiresAt - 60_000) {
      renew().catch(() => undefined);
    }
  });
  await resume();
}

/** Try to take up the session of the cookie. */
export async function resume(): Promise<void> {
  if (!hinted()) {
    state.value = "anonymous";
    return;
  }
  state.value = "starting";
  try {
    await renew();
  } catch (error) {
    if (state.peek() !== "starting") return;
    reason.value = error;
    state.value = "unreachable";
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const body = new URLSearchParams({ username: email, password });
  await exclusively(async () => begin(await send("POST", "/auth/login?cookie=true", { body })));
}

export async function signUp(email: string, password: string, name: string): Promise<void> {
  const body = { email, password, time_zone: deviceZone(), ...(name ? { name } : {}) };
  await exclusively(async () => begin(await send("POST", "/auth/signup?cookie=true", { body })));
}

/** Throws when the server could not be told: the cookie would still be good. */
export async function signOut(): Promise<void> {
  await exclusively(async () => {
    try {
      await send("POST", "/auth/logout?cookie=true", { token: accessToken });
    } catch (error) {
      // 401: there was no session any more, which is what we want.
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
  });
  leave();
}

/** The server has ended the session: so do all tabs. */
export function leave(): void {
  channel.postMessage({ kind: "signed-out" } satisfies Message);
  forget();
}

/** The password was set from a mail: the session here is over, if it was that account's. */
export async function afterReset(): Promise<void> {
  if (state.peek() === "signed-in") await renew().catch(() => undefined);
  if (state.peek() !== "anonymous") return;
  ended.value = false;
  greeting.value = "Your password is changed. Sign in with the new one.";
}

export function onSignOut(hook: () => void): void {
  signOutHooks.push(hook);
}

export function token(): string | null {
  return accessToken;
}

/** The user changed their own account: tell every tab. */
export function setUser(changed: User): void {
  user.value = changed;
  channel.postMessage({ kind: "user", user: changed } satisfies Message);
}

/** Get a new access token; one request at a time, in this tab and across tabs. */
export function renew(): Promise<void> {
  const old = accessToken;
  renewing ??= exclusively((waited) => rotate(old, waited)).finally(() => (renewing = null));
  return renewing;
}

async function rotate(old: string | null, waited: boolean): Promise<void> {
  // The tab that had the lock before us has handed out its new token, or is about to.
  if (waited && accessToken === old) await news();
  if (accessToken && accessToken !== old) return;
  try {
    begin(await send("POST", "/auth/refresh?cookie=true"));
  } catch (error) {
    if (!isTemporary(error)) expire();
    throw error;
  }
}

/** The API did not take this token: get another one, or end the session. */
export async function replace(refused: string | null): Promise<void> {
  if (accessToken === refused) await renew();
}

function begin(tokens: Tokens): void {
  adopt(tokens);
  channel.postMessage({ kind: "signed-in", tokens } satisfies Message);
}

function adopt(tokens: Tokens): void {
  if (user.peek() && user.peek()?.id !== tokens.user.id) signOutHooks.forEach((hook) => hook());
  accessToken = tokens.access_token;
  expiresAt = Date.now() + tokens.expires_in * 1000;
  clearTimeout(timer);
  const early = Math.min(60, tokens.expires_in / 2);
  timer = setTimeout(() => renew().catch(() => undefined), (tokens.expires_in - early) * 1000);
  user.value = tokens.user;
  reason.value = null;
  ended.value = false;
  greeting.value = "";
  state.value = "signed-in";
  hint(true);
}

function follow(message: Message): void {
  if (message.kind === "signed-in") adopt(message.tokens);
  else if (message.kind === "signed-out") forget();
  else if (user.peek()?.id === message.user.id) user.value = message.user;
}

/** The session is over without anybody asking for it: keep what was typed, say so. */
function expire(): void {
  ended.value = user.peek() !== null;
  drop();
}

function forget(): void {
  drop();
  user.value = null;
  signOutHooks.forEach((hook) => hook());
}

function drop(): void {
  accessToken = null;
  clearTimeout(timer);
  hint(false);
  state.value = "anonymous";
}

/** `work` is told whether another tab was at it first. */
async function exclusively(work: (waited: boolean) => Promise<void>): Promise<void> {
  // Web Locks exist on https and localhost only; elsewhere tabs may refresh side by side,
  // which the server allows for a few seconds.
  const { locks } = navigator;
  if (!locks) return work(false);
  let taken = false;
  await locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    taken = lock === null;
    if (lock) await work(false);
  });
  if (taken) await locks.request(LOCK, () => work(true));
}

/** Locks and messages take different ways between tabs: the message may come a little later. */
function news(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(late);
      channel.removeEventListener("message", done);
      resolve();
    };
    const late = setTimeout(done, NEWS_MS);
    channel.addEventListener("message", done);
  });
}

function hinted(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function hint(on: boolean): void {
  try {
    if (on) localStorage.setItem(HINT, "1");
    else localStorage.removeItem(HINT);
  } catch {
    // No storage: then every load asks the server.
  }
}
