/** Tasks, as the API sends and takes them. */

export type Priority = "low" | "medium" | "high" | "urgent";

/** How a task repeats: an RRULE (RFC 5545), counted from its dates or from when it was done. */
export interface Recurrence {
  rrule: string;
  anchor: "schedule" | "completion";
}

export interface Task {
  id: string;
  list_id: string;
  /** Null at the top level. */
  parent_id: string | null;
  title: string;
  description: string | null;
  priority: Priority;
  labels: string[];
  /** The manual order among siblings, compared bytewise. */
  position: string;
  completed: boolean;
  completed_at: string | null;
  start_date: string | null;
  due_date: string | null;
  due_at: string | null;
  time_zone: string;
  recurrence: Recurrence | null;
  /** Which occurrence of a repeating task this is: its date, or its wall time in `time_zone`. */
  occurrence: string | null;
  /** Live direct ones, completed or not. */
  subtasks_count: number;
  reminders_count: number;
  version: number;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
}

export interface NewTask {
  id: string;
  title: string;
  description?: string;
  priority?: Priority;
  list_id?: string;
  parent_id?: string;
  labels?: string[];
  start_date?: string;
  due_date?: string;
  due_at?: string;
  time_zone?: string;
  recurrence?: Recurrence;
  /** False: not the reminder that new tasks with a time get by themselves. */
  default_reminder?: boolean;
}

export type TaskPatch = Partial<
  Pick<
    Task,
    | "title"
    | "description"
    | "priority"
    | "list_id"
    | "parent_id"
    | "labels"
    | "start_date"
    | "due_date"
    | "due_at"
    | "time_zone"
    | "recurrence"
  >
>;

/** What `GET /tasks` takes beside the page; a saved filter is made of the same. */
export interface TaskParams {
  status?: "all" | "pending" | "completed";
  q?: string;
  sort?: string;
  priority?: Priority;
  list_id?: string;
  /** All of them. */
  label?: string[];
  /** An instant, a date, or `today`, `tomorrow`, `+7d`… in the viewer's zone. */
  due_before?: string;
  due_after?: string;
  overdue?: boolean;
  has_due?: boolean;
  repeating?: boolean;
  parent_id?: string;
  archived?: boolean;
  trashed?: boolean;
}

/** Neither neighbour: to the end. */
export interface Neighbour {
  after_id?: string;
  before_id?: string;
}

export interface Move extends Neighbour {
  list_id?: string;
  /** Null: to the top level. */
  parent_id?: string | null;
}

/** One date of a series. */
export interface Occurrence {
  occurrence: string;
  due_date: string | null;
  due_at: string | null;
}

export interface Completion extends Occurrence {
  outcome: "completed" | "skipped";
  at: string;
}

export interface RecurrencePreview {
  rrule: string;
  anchor?: Recurrence["anchor"];
  due_date?: string;
  due_at?: string;
  time_zone?: string;
  limit?: number;
}

/** A part of what was typed that was understood; `start` and `end` count Unicode code points. */
export interface Span {
  start: number;
  end: number;
  text: string;
  kind: "due" | "recurrence" | "priority" | "list" | "label" | "reminder" | "start";
  value: string;
}

export interface Parsed {
  title: string;
  spans: Span[];
  due_date: string | null;
  due_at: string | null;
  start_date: string | null;
  recurrence: Recurrence | null;
  priority: Priority | null;
  list_id: string | null;
  labels: string[];
  /** One of both is given. */
  reminders: { offset_minutes: number | null; at: string | null }[];
  time_zone: string;
}

export interface QuickTask {
  text: string;
  list_id?: string;
  parent_id?: string;
  /** Spans that stay text after all. */
  ignore?: [start: number, end: number][];
}

export type Operation =
  | { op: "create"; task: NewTask }
  | { op: "update"; id: string; patch: TaskPatch; if_version?: number }
  | {
      op: "complete";
      id: string;
      completed?: boolean;
      occurrence?: string;
      subtasks?: "complete" | "keep";
      if_version?: number;
    }
  | { op: "skip"; id: string; occurrence?: string; if_version?: number }
  | ({ op: "move"; id: string; if_version?: number } & Move)
  | { op: "delete"; id: string; permanent?: boolean; if_version?: number }
  | { op: "restore"; id: string };

export interface OperationResult {
  op: Operation["op"];
  id: string;
  status: number;
  task: Task | null;
}

/** One change of a task; `before` and `after` have the fields that changed. */
export interface Activity {
  /** The version of the task that it led to. */
  version: number;
  action:
    | "created"
    | "updated"
    | "completed"
    | "reopened"
    | "skipped"
    | "moved"
    | "deleted"
    | "restored"
    | "undone";
  /** `via`: session, api_token, sign_in_service, import, system; null when nobody kept it. */
  by: { user_id: string; via: string | null };
  at: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  undone: boolean;
}
