/** How somebody wants to be reminded, and which channels can reach them. */

import { batch, computed, signal } from "@preact/signals";

import type { Kind } from "./live";
import * as notifying from "./notifying";
import * as session from "./session";
import type { Channel, Preferences, PreferencesPatch } from "./types";

/** What the API goes by for somebody who has chosen nothing. */
const DEFAULTS: Preferences = {
  default_channels: ["email", "in_app"],
  default_reminder_minutes: null,
  all_day_time: "09:00",
  quiet_start: null,
  quiet_end: null,
  digest_enabled: false,
  digest_time: "07:00",
  version: 0,
};

export const CHANNELS: [Channel, string][] = [
  ["email", "E-mail"],
  ["in_app", "In Taskbell"],
  ["push", "Push"],
  ["webhook", "Webhook"],
];

/** What changes any of this. */
export const KINDS: Kind[] = ["preferences", "push_subscription", "webhook"];

const read = signal<Preferences | null>(null);
const devices = signal<number | null>(null);
const webhooks = signal<number | null>(null);

export const preferences = computed(() => read.value ?? DEFAULTS);
export const known = computed(() => read.value !== null);

let generation = 0;
let reading: Promise<void> | null = null;

session.onSignOut(() => {
  generation += 1;
  reading = null;
  batch(() => {
    read.value = null;
    devices.value = null;
    webhooks.value = null;
  });
});

/** Asked for once, however many want it; throws nothing, as there are sensible defaults. */
export function ensure(): Promise<void> {
  return reading ?? load().catch(() => undefined);
}

export function load(): Promise<void> {
  const mine = ++generation;
  const promise = fetchAll(mine).catch((error: unknown) => {
    if (reading === promise) reading = null;
    throw error;
  });
  reading = promise;
  return promise;
}

async function fetchAll(mine: number): Promise<void> {
  const [chosen, push, hooks] = await Promise.all([
    notifying.getPreferences(),
    notifying.listPushDevices().catch(() => null),
    notifying.listWebhooks().catch(() => null),
  ]);
  if (mine !== generation) return;
  batch(() => {
    read.value = chosen;
    devices.value = push && push.items.length;
    webhooks.value = hooks && hooks.items.filter(({ is_active }) => is_active).length;
  });
}

/** Only what was changed here. Throws when the server refuses. */
export async function save(changes: PreferencesPatch): Promise<void> {
  const saved = await notifying.updatePreferences(changes);
  generation += 1;
  read.value = saved;
}

/** Why a channel reaches nobody yet; "" when it works, or nobody knows. */
export function obstacle(channel: Channel): string {
  if (channel === "push" && devices.value === 0) return "No device has push turned on yet.";
  if (channel === "webhook" && webhooks.value === 0) return "There is no webhook yet.";
  return "";
}

/** The channels of a new reminder, as far as they work. */
export const usualChannels = computed(() => {
  const usable = preferences.value.default_channels.filter((one) => obstacle(one) === "");
  return usable.length > 0 ? usable : (["email"] satisfies Channel[]);
});

export function channelName(channel: string): string {
  return CHANNELS.find(([one]) => one === channel)?.[1] ?? channel;
}
