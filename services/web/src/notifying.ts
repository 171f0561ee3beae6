/** The endpoints of notifications, their channels, and how somebody wants to be reminded. */

import { call, search } from "./api";
import { send } from "./http";
import { withProof } from "./proof";
import type {
  Channel,
  LinkUsed,
  NewWebhook,
  Notification,
  Page,
  Preferences,
  PreferencesPatch,
  PushDevice,
  Reminder,
  ReminderLink,
  Snooze,
  TestNotification,
  Webhook,
  WebhookDelivery,
} from "./types";

const MOST = 100;

// --- reminders

export function snooze(reminderId: string, until: Snooze): Promise<Reminder> {
  return call("POST", `/reminders/${reminderId}/snooze`, { body: until });
}

// --- the list behind the bell

export function listNotifications(perPage: number, cursor?: string): Promise<Page<Notification>> {
  return call("GET", `/notifications?${search(cursor ? { cursor } : { per_page: perPage })}`);
}

export async function countUnread(): Promise<number> {
  return (await call<{ unread: number }>("GET", "/notifications/count")).unread;
}

export function markRead(id: string): Promise<Notification> {
  return call("POST", `/notifications/${id}/read`);
}

export function markAllRead(): Promise<{ read: number }> {
  return call("POST", "/notifications/read");
}

export function deleteNotification(id: string): Promise<void> {
  return call("DELETE", `/notifications/${id}`);
}

// --- how somebody wants to be reminded

export function getPreferences(): Promise<Preferences> {
  return call("GET", "/users/me/notifications");
}

export function updatePreferences(changes: PreferencesPatch): Promise<Preferences> {
  return call("PATCH", "/users/me/notifications", { body: changes });
}

/** Answers after some seconds, perhaps before the outcome is known: then look again. */
export function sendTest(channel: Channel, targetId?: string): Promise<TestNotification> {
  const body = { channel, ...(targetId ? { target_id: targetId } : {}) };
  return call("POST", "/users/me/test-notification", { body });
}

export function lookAtTest(id: string): Promise<TestNotification> {
  return call("GET", `/users/me/test-notification/${id}`);
}

// --- devices

export function listPushDevices(cursor?: string): Promise<Page<PushDevice>> {
  return call("GET", `/push/subscriptions?${pageOf(cursor)}`);
}

export function removePushDevice(id: string): Promise<void> {
  return call("DELETE", `/push/subscriptions/${id}`);
}

// --- webhooks

export function listWebhooks(cursor?: string): Promise<Page<Webhook>> {
  return call("GET", `/webhooks?${pageOf(cursor)}`);
}

/** The answer is the only one that has the secret. */
export function createWebhook(webhook: NewWebhook): Promise<Webhook & { secret: string }> {
  return withProof(() => call("POST", "/webhooks", { body: webhook }));
}

export function updateWebhook(
  webhook: Webhook,
  changes: Partial<NewWebhook & { is_active: boolean }>,
): Promise<Webhook> {
  const options = { body: changes, ifMatch: webhook.version };
  return withProof(() => call("PATCH", `/webhooks/${webhook.id}`, options));
}

export function rotateSecret(id: string): Promise<Webhook & { secret: string }> {
  return withProof(() => call("POST", `/webhooks/${id}/rotate-secret`));
}

export function deleteWebhook(id: string): Promise<void> {
  return call("DELETE", `/webhooks/${id}`);
}

export function listWebhookDeliveries(
  id: string,
  cursor?: string,
): Promise<Page<WebhookDelivery>> {
  return call("GET", `/webhooks/${id}/deliveries?${search({ cursor })}`);
}

export function replayDelivery(id: string, deliveryId: string): Promise<WebhookDelivery> {
  return call("POST", `/webhooks/${id}/deliveries/${deliveryId}/replay`);
}

// --- links from mails: nobody has to be signed in

/** Tells what a link is about; it works as before. */
export function lookAtLink(token: string): Promise<ReminderLink> {
  return send("POST", "/reminder-links/look", { body: { token } });
}

export function spendLink(
  token: string,
  deed: { action: "done" } | { action: "snooze"; minutes: number },
): Promise<LinkUsed> {
  return send("POST", "/reminder-links/use", { body: { token, ...deed } });
}

/** As the one click of a mail program does. */
export function unsubscribe(token: string): Promise<unknown> {
  const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
  return send("POST", `/digest/unsubscribe?${search({ token })}`, { body });
}

function pageOf(cursor?: string): URLSearchParams {
  return search(cursor ? { cursor } : { per_page: MOST });
}
