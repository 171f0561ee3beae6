/** What the API sends and takes: the fields this page uses. */

export type Role = "user" | "admin";
export type WeekStart = "monday" | "saturday" | "sunday";

export interface User {
  id: string;
  email: string;
  email_verified: boolean;
  /** Where a link was sent that would make it the new address. */
  pending_email: string | null;
  name: string | null;
  role: Role;
  time_zone: string;
  locale: string;
  week_start: WeekStart;
  /** False for an account of another sign-in service. */
  has_password: boolean;
}

export type UserPatch = Partial<Pick<User, "name" | "time_zone" | "locale" | "week_start">>;

/** As an administrator sees an account. */
export interface Person extends User {
  is_active: boolean;
  /** When an account that its owner deleted is gone for good. */
  deletion_at: string | null;
  last_seen_at: string | null;
  created_at: string;
}

/** One device or browser that is signed in. */
export interface Session {
  id: string;
  user_agent: string | null;
  address: string | null;
  created_at: string;
  last_used_at: string | null;
  current: boolean;
}

export type Scope = "tasks:read" | "tasks:write" | "account:read" | "account:write" | "admin";

export interface ApiToken {
  id: string;
  name: string;
  scopes: string[];
  /** How the token begins. */
  prefix: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}

export interface NewApiToken {
  name: string;
  scopes: Scope[];
  expires_at?: string;
}

export interface Job {
  id: string;
  kind: string;
  state: string;
  attempts: number;
  crashes: number;
  last_error: string | null;
  created_at: string;
  finished_at: string | null;
  request_id: string | null;
}

/** Numbers, in groups or alone; null where there is nothing to measure. */
export type Figures = Record<string, number | null | Record<string, number | null>>;

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
  /** Null when the page was asked for by its cursor. */
  pages?: number | null;
  next_cursor: string | null;
}
