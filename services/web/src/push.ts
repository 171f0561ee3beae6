/**
 * Push messages in this browser: on and off, and telling the server where to send. What is shown
 * of them is up to `public/sw.js`.
 */

import { call } from "./api";
import { ApiError } from "./problem";
import * as session from "./session";
import { deviceText } from "./userAgent";

/** As the person who is signed in finds it here. `needs-install`: iPhones and iPads. */
export type PushState = "unsupported" | "insecure" | "needs-install" | "denied" | "off" | "on";

/** A device that takes push messages. `host`: of its push service. */
export interface PushDevice {
  id: string;
  name: string;
  host: string;
  /** Made in this session. */
  current: boolean;
  state: "working" | "refusing";
  created_at: string;
  last_used_at: string | null;
}

/** Why push could not be turned on; `failed`: the browser's push service did not want to. */
export class PushRefusedError extends Error {
  constructor(readonly state: Exclude<PushState, "on" | "off"> | "failed") {
    super(`push: ${state}`);
  }
}

/** Whose messages this browser takes. A browser has one subscription, whoever uses it. */
interface Mine {
  user: string;
  device: string;
}

const KEPT = "taskbell.push";
const WORKER = "/sw.js";

session.onSignOut(() => void drop());

export async function pushState(): Promise<PushState> {
  const hindrance = hindered();
  if (hindrance) return hindrance;
  const on = Notification.permission === "granted" && mine() && (await subscription());
  return on ? "on" : "off";
}

/** Asks for permission, so it must be called from a click. Throws PushRefusedError and ApiError. */
export async function turnOn(): Promise<PushDevice> {
  const hindrance = hindered();
  if (hindrance) throw new PushRefusedError(hindrance);
  const permission = await Notification.requestPermission();
  // Closing the question is no answer; it may be asked again.
  if (permission !== "granted") {
    throw new PushRefusedError(permission === "denied" ? "denied" : "failed");
  }
  return subscribe();
}

export async function turnOff(): Promise<void> {
  const kept = mine();
  if (kept) {
    await call("DELETE", `/push/subscriptions/${kept.device}`).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
  }
  await drop();
}

/**
 * Once when the page starts: the server may have lost this browser since (its session ended), and
 * the browser its subscription. Never throws.
 */
export async function renew(): Promise<PushDevice | null> {
  if (hindered()) return null;
  try {
    if (mine()) return Notification.permission === "granted" ? await subscribe() : null;
    // Somebody else's, who did not sign out: what is due for them is not for these eyes.
    await drop();
  } catch {
    // Offline, or the push service is: the next start tries again.
  }
  return null;
}

/** Called with the task of a push message that was clicked while the page is open. */
export function onOpenTask(handler: (taskId: string) => void): () => void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const listen = ({ data, ports }: MessageEvent<{ kind: string; id?: string }>) => {
    if (data.kind === "subscription-changed") void renew();
    if (data.kind !== "open-task" || !data.id) return;
    ports[0]?.postMessage("opened");
    handler(data.id);
  };
  workers?.addEventListener("message", listen);
  return () => workers?.removeEventListener("message", listen);
}

function hindered(): Exclude<PushState, "on" | "off"> | null {
  if (!isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    return isApple() ? "needs-install" : "unsupported";
  }
  return Notification.permission === "denied" ? "denied" : null;
}

/** There, push exists only in pages on the home screen. iPads call themselves Macs. */
function isApple(): boolean {
  const { userAgent, maxTouchPoints } = navigator;
  return /iPhone|iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
}

async function subscribe(): Promise<PushDevice> {
  const { public_key: key } = await call<{ public_key: string }>("GET", "/push/key");
  const { endpoint, keys } = (await subscribed(key)).toJSON();
  const body = { endpoint, keys, name: deviceText(navigator.userAgent) };
  const device = await call<PushDevice>("POST", "/push/subscriptions", { body });
  keep({ user: session.user.peek()?.id ?? "", device: device.id });
  return device;
}

async function subscribed(key: string): Promise<PushSubscription> {
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  try {
    const there = await pushManager.getSubscription();
    if (there && isFor(there, key)) return there;
    await there?.unsubscribe();
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch (error) {
    const denied = error instanceof DOMException && error.name === "NotAllowedError";
    throw new PushRefusedError(denied ? "denied" : "failed");
  }
}

/** Whether a subscription takes messages that this installation signs. */
function isFor({ options }: PushSubscription, key: string): boolean {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") === key;
}

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Take no more messages in this browser, whoever they are for. Never throws. */
async function drop(): Promise<void> {
  keep(null);
  if (!("serviceWorker" in navigator)) return;
  try {
    await (await subscription())?.unsubscribe();
  } catch {
    // The push service is not there; the server sends nothing to a session that ended.
  }
}

function mine(): Mine | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Mine | null;
    return kept && kept.user === session.user.peek()?.id ? kept : null;
  } catch {
    return null;
  }
}

function keep(what: Mine | null): void {
  try {
    if (what) localStorage.setItem(KEPT, JSON.stringify(what));
    else localStorage.removeItem(KEPT);
  } catch {
    // No storage: then push is off again when the page is opened anew.
  }
}
