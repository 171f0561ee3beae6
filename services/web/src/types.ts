/** What the API sends and takes: the fields this page uses. */

import type { TaskParams } from "./taskTypes";

export type * from "./notificationTypes";
export type * from "./taskTypes";

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

export interface TaskList {
  id: string;
  name: string;
  /** `#rrggbb` */
  color: string | null;
  is_inbox: boolean;
  archived: boolean;
  position: string;
  pending_count: number;
  version: number;
  deleted_at: string | null;
}

export type TaskListPatch = Partial<Pick<TaskList, "name" | "color" | "archived">>;

export interface Label {
  id: string;
  name: string;
  color: string | null;
  /** Pending ones. */
  tasks_count: number;
  version: number;
}

export interface SavedFilter {
  id: string;
  name: string;
  color: string | null;
  query: TaskParams;
  position: string;
  version: number;
}

export type ImportSource = "todoist" | "trello" | "vikunja" | "google_tasks" | "taskbell";

export interface Import {
  id: string;
  source: ImportSource;
  filename: string | null;
  dry_run: boolean;
  state: "queued" | "running" | "done" | "failed";
  total: number | null;
  done: number;
  created: number;
  duplicates: number;
  skipped: number;
  failed: number;
  error: string | null;
  created_at: string;
  finished_at: string | null;
}

export interface ImportRow {
  number: number;
  title: string;
  outcome: "created" | "duplicate" | "skipped" | "failed";
  task_id: string | null;
  messages: string[];
}

/** A calendar that can be subscribed to. */
export interface Feed {
  id: string;
  name: string;
  filter_id: string | null;
  list_id: string | null;
  alarms: boolean;
  created_at: string;
  /** Exact to ten minutes. */
  last_used_at: string | null;
}

export interface NewFeed {
  name: string;
  filter_id?: string | null;
  list_id?: string | null;
  alarms: boolean;
}

export interface Page<T> {
  items: T[];
  total: number | null;
  /** Null when the page was asked for by its cursor. */
  pages?: number | null;
  next_cursor: string | null;
}
