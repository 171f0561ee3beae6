/** The endpoints of lists, labels, saved filters, imports and calendar feeds. */

import { call, search } from "./api";
import type {
  Feed,
  Import,
  ImportRow,
  ImportSource,
  Label,
  Neighbour,
  NewFeed,
  Page,
  SavedFilter,
  TaskList,
  TaskListPatch,
  TaskParams,
} from "./types";

const LONGEST = 100;

/** All pages of a list that is never very long. */
async function whole<T>(path: string, which: object = {}): Promise<T[]> {
  const read = (page: number) =>
    call<Page<T>>("GET", `${path}?${search({ ...which, per_page: LONGEST, page })}`);
  const first = await read(1);
  const others = Array.from({ length: (first.pages ?? 1) - 1 }, (_, index) => read(index + 2));
  return [first, ...(await Promise.all(others))].flatMap(({ items }) => items);
}

// --- lists

/** By position, the inbox first. */
export function listLists(which: { archived?: "all"; trashed?: true }): Promise<TaskList[]> {
  return whole("/lists", which);
}

/** The id is ours, so that sending it twice makes no second list. */
export function createList(list: { id: string; name: string; color?: string | null }) {
  return call<TaskList>("POST", "/lists", { body: list, idempotencyKey: list.id });
}

export function updateList(list: TaskList, changes: TaskListPatch): Promise<TaskList> {
  return call("PATCH", `/lists/${list.id}`, { body: changes, ifMatch: list.version });
}

/** It and its tasks go to the trash together. */
export function trashList(id: string): Promise<void> {
  return call("DELETE", `/lists/${id}`);
}

export function deleteList(id: string): Promise<void> {
  return call("DELETE", `/lists/${id}?permanent=true`);
}

export function restoreList(id: string): Promise<TaskList> {
  return call("POST", `/lists/${id}/restore`);
}

export function moveList(id: string, to: Neighbour): Promise<TaskList> {
  return call("POST", `/lists/${id}/move`, { body: to });
}

// --- labels

/** By name. */
export function listLabels(): Promise<Label[]> {
  return whole("/labels");
}

export function createLabel(label: { name: string; color?: string | null }, key: string) {
  return call<Label>("POST", "/labels", { body: label, idempotencyKey: key });
}

export function updateLabel(label: Label, changes: Partial<Pick<Label, "name" | "color">>) {
  return call<Label>("PATCH", `/labels/${label.id}`, { body: changes, ifMatch: label.version });
}

/** Its tasks stay, without it. */
export function deleteLabel(id: string): Promise<void> {
  return call("DELETE", `/labels/${id}`);
}

// --- saved filters

export function listFilters(): Promise<SavedFilter[]> {
  return whole("/filters");
}

export function createFilter(filter: { name: string; query: TaskParams }, key: string) {
  return call<SavedFilter>("POST", "/filters", { body: filter, idempotencyKey: key });
}

export function updateFilter(
  filter: SavedFilter,
  changes: Partial<Pick<SavedFilter, "name" | "color" | "query">>,
): Promise<SavedFilter> {
  return call("PATCH", `/filters/${filter.id}`, { body: changes, ifMatch: filter.version });
}

export function deleteFilter(id: string): Promise<void> {
  return call("DELETE", `/filters/${id}`);
}

// --- imports

interface ImportOptions {
  source: ImportSource;
  dry_run: boolean;
  list_id?: string;
}

/** The key is made once for a choice of file and options, however often it is sent. */
export function startImport(file: File, options: ImportOptions, key: string): Promise<Import> {
  const params = search({ ...options, filename: file.name });
  return call("POST", `/imports?${params}`, { body: file, idempotencyKey: key });
}

export function listImports(cursor?: string): Promise<Page<Import>> {
  return call("GET", `/imports?${search({ cursor })}`);
}

export function getImport(id: string): Promise<Import> {
  return call("GET", `/imports/${id}`);
}

export function listImportRows(id: string, cursor?: string): Promise<Page<ImportRow>> {
  return call("GET", `/imports/${id}/rows?${search({ cursor })}`);
}

/** Forgets the report; the tasks stay. */
export function deleteImport(id: string): Promise<void> {
  return call("DELETE", `/imports/${id}`);
}

// --- calendar feeds

export function listFeeds(): Promise<Feed[]> {
  return whole("/feeds");
}

/** The address is answered once. */
export function createFeed(feed: NewFeed): Promise<Feed & { url: string }> {
  return call("POST", "/feeds", { body: feed });
}

export function deleteFeed(id: string): Promise<void> {
  return call("DELETE", `/feeds/${id}`);
}
