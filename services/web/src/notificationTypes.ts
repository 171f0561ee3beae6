/** Reminders, what became of them, and the ways they take, as the API sends and takes them. */

export type { PushDevice } from "./push";

export type Channel = "email" | "in_app" | "push" | "webhook";

export interface Reminder {
  id: string;
  task_id: string;
  offset_minutes: number | null;
  at: string | null;
  channels: Channel[];
  /** scheduled · fired · snoozed · cancelled */
  state: string;
  next_fire_at: string | null;
  snoozed_until: string | null;
}

/** `id` is ours, so that sending it twice makes no second reminder. */
export type NewReminder = { id: string; channels: Channel[] } & (
  { offset_minutes: number } | { at: string }
);

export type Snooze = { minutes: number } | { until: string };

export interface Delivery {
  id: string;
  attempt: number;
  /** planned · sending · sent · failed · unknown · skipped */
  state: string;
  channel: string;
  fire_at: string;
  planned_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  late_seconds: number | null;
  response: string | null;
  /** Where it went: the host of a webhook, the names of devices. */
  target: string | null;
  /** What became of it, in one sentence. */
  summary: string | null;
}

/** Times of day are `HH:MM`, in the user's zone. */
export interface Preferences {
  default_channels: Channel[];
  /** Null: new tasks get no reminder by themselves. */
  default_reminder_minutes: number | null;
  all_day_time: string;
  /** Both or neither. */
  quiet_start: string | null;
  quiet_end: string | null;
  digest_enabled: boolean;
  digest_time: string;
  version: number;
}

export type PreferencesPatch = Partial<Omit<Preferences, "version">>;

export interface Notification {
  id: string;
  kind: "reminder" | "test" | "push_gone" | "webhook_disabled";
  title: string;
  body: string;
  task_id: string | null;
  reminder_id: string | null;
  fire_at: string | null;
  late_seconds: number | null;
  created_at: string;
  read_at: string | null;
}

export interface TestNotification {
  id: string;
  channel: Channel;
  state: "pending" | "accepted" | "failed";
  summary: string | null;
  /** What was said to the other side, and what it answered. */
  transcript: string | null;
  created_at: string;
  finished_at: string | null;
}

export interface Webhook {
  id: string;
  name: string;
  url: string;
  is_active: boolean;
  disabled_at: string | null;
  disabled_reason: string | null;
  failing_since: string | null;
  /** Until when the secret before the newest one signs too. */
  previous_secret_until: string | null;
  version: number;
  created_at: string;
}

export interface NewWebhook {
  name: string;
  url: string;
}

export interface WebhookDelivery {
  id: string;
  kind: string;
  state: "pending" | "delivered" | "failed" | "suppressed";
  attempts: number;
  next_attempt_at: string | null;
  response_status: number | null;
  response: string | null;
  created_at: string;
  finished_at: string | null;
}

/** What the link of a reminder's mail is about. */
export interface ReminderLink {
  title: string;
  due_at: string | null;
  due_date: string | null;
  time_zone: string;
  /** open · done · moved_on · gone */
  state: string;
  fire_at: string;
  sent_at: string;
}

export interface LinkUsed {
  outcome: "done" | "already_done" | "snoozed";
  title: string;
  snoozed_until: string | null;
}
