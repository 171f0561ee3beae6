/** What the API sends and takes: the fields this page uses. */

export interface User {
  id: string;
  email: string;
  name: string | null;
  time_zone: string;
}

export interface Tokens {
  access_token: string;
  expires_in: number;
  user: User;
}

export type Priority = "low" | "medium" | "high" | "urgent";

export interface Task {
  id: string;
  title: string;
  description: string | null;
  priority: Priority;
  completed: boolean;
  completed_at: string | null;
  due_date: string | null;
  due_at: string | null;
  time_zone: string;
  reminders_count: number;
  version: number;
}

export interface NewTask {
  id: string;
  title: string;
  description?: string;
  priority?: Priority;
  due_date?: string;
  due_at?: string;
  time_zone?: string;
}

export type TaskPatch = Partial<
  Pick<Task, "title" | "description" | "priority" | "due_date" | "due_at" | "time_zone">
>;

export type Channel = "email" | "in_app";

export interface Reminder {
  id: string;
  offset_minutes: number | null;
  at: string | null;
  channels: Channel[];
  state: string;
  next_fire_at: string | null;
}

/** `id` is ours, so that sending it twice makes no second reminder. */
export type NewReminder = { id: string; channels: Channel[] } & (
  { offset_minutes: number } | { at: string }
);

export interface Delivery {
  id: string;
  attempt: number;
  /** planned · sending · sent · failed · unknown · skipped */
  state: string;
  channel: string;
  planned_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  late_seconds: number | null;
  response: string | null;
}

export interface Page<T> {
  items: T[];
  total: number | null;
  next_cursor: string | null;
}
