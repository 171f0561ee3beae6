/** Which tasks a path shows, and how the choices of the toolbar narrow them. */

import type { Priority, SavedFilter, Task, TaskParams } from "./types";

export type View =
  | { kind: "all" | "today" | "upcoming" | "trash" | "unknown" }
  | { kind: "list" | "filter"; id: string }
  | { kind: "label"; name: string };

export type DueChoice = "" | "overdue" | "today" | "week" | "some" | "none";

/** What is chosen in the toolbar. Empty: no choice. */
export interface Query {
  status: "all" | "pending" | "completed";
  q: string;
  sort: string;
  priority: Priority | "";
  list: string;
  label: string;
  due: DueChoice;
}

export const SORTS = [
  ["position", "My order"],
  ["-created_at", "Newest first"],
  ["created_at", "Oldest first"],
  ["due", "Due first"],
  ["-priority", "Most urgent first"],
  ["title", "Title"],
  ["-updated_at", "Last changed"],
] as const;

export const DUES: [DueChoice, string, TaskParams][] = [
  ["", "Any date", {}],
  ["overdue", "Overdue", { overdue: true }],
  ["today", "Today or before", { due_before: "tomorrow" }],
  ["week", "Within 7 days", { due_before: "+8d" }],
  ["some", "With a date", { has_due: true }],
  ["none", "Without a date", { has_due: false }],
];

const PRIORITIES = ["low", "medium", "high", "urgent"];

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function viewOf(path: string): View {
  const [first = "", second = "", ...rest] = path.split("/").slice(1);
  const more = rest.some((part) => part !== "");
  if (second === "" && !more) {
    if (first === "") return { kind: "all" };
    if (first === "today" || first === "upcoming" || first === "trash") return { kind: first };
  }
  if (second !== "" && !more) {
    if (first === "lists" && ID.test(second)) return { kind: "list", id: second };
    if (first === "filters" && ID.test(second)) return { kind: "filter", id: second };
    const name = first === "labels" ? decoded(second) : "";
    if (name) return { kind: "label", name };
  }
  return { kind: "unknown" };
}

export function pathOf(view: View): string {
  switch (view.kind) {
    case "list":
      return `/lists/${view.id}`;
    case "filter":
      return `/filters/${view.id}`;
    case "label": {
      const name = encodeURIComponent(view.name);
      // A name of dots would be a step in the path, and one with a dot that of a file.
      if (/^\.+$/.test(view.name)) return `/?label=${name}`;
      return view.name.includes(".") ? `/labels/${name}/` : `/labels/${name}`;
    }
    case "all":
    case "unknown":
      return "/";
    default:
      return `/${view.kind}`;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** What the toolbar starts from in a view. */
export function defaultsOf(view: View, filter?: SavedFilter): Query {
  const none = { q: "", priority: "", list: "", label: "", due: "" } as const;
  switch (view.kind) {
    case "list":
      return { ...none, status: "pending", sort: "position" };
    case "today":
    case "upcoming":
      return { ...none, status: "pending", sort: "due" };
    case "label":
      return { ...none, status: "pending", sort: "-created_at" };
    case "trash":
      return { ...none, status: "all", sort: "-updated_at" };
    case "filter": {
      const { status = "all", sort = "-created_at" } = filter?.query ?? {};
      return { ...none, status, sort };
    }
    default:
      return { ...none, status: "all", sort: "-created_at" };
  }
}

/** What the API is asked for; also what a saved filter of this view keeps. */
export function paramsOf(view: View, query: Query, filter?: SavedFilter): TaskParams {
  const base = baseOf(view, filter);
  const known = base.label ?? [];
  const isNew = query.label !== "" && !known.some((name) => sameName(name, query.label));
  const labels = isNew ? [...known, query.label] : known;
  const words = [base.q, query.q].filter(Boolean).join(" ");
  return {
    ...base,
    status: query.status,
    sort: query.sort,
    ...(words ? { q: words } : {}),
    ...(query.priority ? { priority: query.priority } : {}),
    ...(query.list ? { list_id: query.list } : {}),
    ...(labels.length > 0 ? { label: labels } : {}),
    ...DUES.find(([key]) => key === query.due)?.[2],
  };
}

/** Whether what is chosen in the view of a saved filter differs from what it keeps. */
export function differs(view: View, query: Query, filter: SavedFilter): boolean {
  const asked = (choices: Query) => JSON.stringify(paramsOf(view, choices, filter));
  return asked(query) !== asked(defaultsOf(view, filter));
}

function baseOf(view: View, filter?: SavedFilter): TaskParams {
  switch (view.kind) {
    case "today":
      return { due_before: "tomorrow" };
    case "upcoming":
      return { due_after: "today" };
    case "list":
      return { list_id: view.id };
    case "label":
      return { label: [view.name] };
    case "filter":
      return filter?.query ?? {};
    case "trash":
      return { trashed: true };
    default:
      return {};
  }
}

/** Whether a task belongs among what was asked for; null when only the server can tell. */
export function matches(task: Task, params: TaskParams): boolean | null {
  if (params.status === "pending" && task.completed) return false;
  if (params.status === "completed" && !task.completed) return false;
  if (params.priority && task.priority !== params.priority) return false;
  if (params.list_id && task.list_id !== params.list_id) return false;
  const labels = new Set((task.labels ?? []).map(folded));
  if (params.label?.some((name) => !labels.has(folded(name)))) return false;
  const hasDue = Boolean(task.due_at ?? task.due_date);
  if (params.has_due !== undefined && params.has_due !== hasDue) return false;
  const dated = params.due_before ?? params.due_after ?? params.overdue;
  if (dated !== undefined && !hasDue) return false;
  if (dated !== undefined || params.q || params.repeating !== undefined) return null;
  return params.parent_id !== undefined || params.archived !== undefined ? null : true;
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

export function sameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/** True when something other than the state narrows the view. */
export function isNarrowed(query: Query): boolean {
  return Boolean(query.q || query.priority || query.list || query.label || query.due);
}

export function fromSearch(search: string, defaults: Query): Query {
  const params = new URLSearchParams(search);
  const one = <T extends string>(key: string, known: readonly string[], other: T): T => {
    const value = params.get(key) ?? "";
    return known.includes(value) ? (value as T) : other;
  };
  const sorts = SORTS.map(([key]) => key);
  return {
    status: one("status", ["all", "pending", "completed"], defaults.status),
    q: params.get("q") ?? defaults.q,
    sort: one("sort", sorts, defaults.sort),
    priority: one("priority", PRIORITIES, defaults.priority),
    list: params.get("list") ?? defaults.list,
    label: params.get("label") ?? defaults.label,
    due: one("due", DUES.map(([key]) => key), defaults.due),
  };
}

/** Only what differs from where the toolbar starts; `?…` or empty. */
export function toSearch(query: Query, defaults: Query): string {
  const params = new URLSearchParams();
  for (const key of Object.keys(defaults) as (keyof Query)[]) {
    if (query[key] !== defaults[key]) params.set(key, query[key]);
  }
  return params.size ? `?${params}` : "";
}
