/** The lists, labels and saved filters of the sidebar, as the server last told them. */

import { batch, computed, signal } from "@preact/signals";

import type { Change, News } from "./live";
import * as organizing from "./organizing";
import * as session from "./session";
import type { Label, SavedFilter, TaskList } from "./types";
import { sameName } from "./views";

const SOON_MS = 400;

/** All that are not in the trash, by position, the inbox first. */
export const lists = signal<TaskList[]>([]);
/** Those in the trash, as far as somebody looked there. */
export const trashedLists = signal<TaskList[]>([]);
/** By name. */
export const labels = signal<Label[]>([]);
export const filters = signal<SavedFilter[]>([]);
export const phase = signal<"loading" | "ready" | "failed">("loading");
export const failure = signal<unknown>(null);

export const openLists = computed(() => lists.value.filter(({ archived }) => !archived));
export const archivedLists = computed(() => lists.value.filter(({ archived }) => archived));
export const inbox = computed(() => lists.value.find(({ is_inbox }) => is_inbox));

let generation = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let reading: Promise<void> | null = null;

session.onSignOut(() => {
  generation += 1;
  clearTimeout(timer);
  reading = null;
  batch(() => {
    lists.value = [];
    trashedLists.value = [];
    labels.value = [];
    filters.value = [];
    phase.value = "loading";
  });
});

export function listOf(id: string | null | undefined): TaskList | undefined {
  return lists.value.find((list) => list.id === id);
}

export function labelOf(name: string): Label | undefined {
  return labels.value.find((label) => sameName(label.name, name));
}

export function filterOf(id: string): SavedFilter | undefined {
  return filters.value.find((filter) => filter.id === id);
}

/** What is shown stays until the answer is there, and if there is none. */
export function load(): Promise<void> {
  clearTimeout(timer);
  const mine: Promise<void> = read(++generation).finally(() => {
    if (reading === mine) reading = null;
  });
  reading = mine;
  return mine;
}

async function read(mine: number): Promise<void> {
  try {
    const [someLists, someLabels, someFilters] = await Promise.all([
      organizing.listLists({ archived: "all" }),
      organizing.listLabels(),
      organizing.listFilters(),
    ]);
    if (mine !== generation) return;
    batch(() => {
      lists.value = someLists;
      labels.value = someLabels;
      filters.value = someFilters;
      phase.value = "ready";
    });
  } catch (error) {
    if (mine !== generation || phase.peek() === "ready") return;
    failure.value = error;
    phase.value = "failed";
  }
}

/** Lists, labels or filters were changed, perhaps elsewhere: read them, unless that is known. */
export function refreshPlaces(news: News): void {
  const all = [...lists.peek(), ...labels.peek(), ...filters.peek()];
  const versions = new Map(all.map(({ id, version }) => [id, version]));
  const isNews = ({ id, action, version }: Change) =>
    action === "deleted"
      ? versions.has(id)
      : version === null || version > (versions.get(id) ?? 0);
  if (news !== null && !news.some(isNews)) return;
  // What is shown for the first time is not held up.
  if (reading && phase.peek() === "loading") void reading.then(load);
  else void load();
}

/** Once they are known, or cannot be. */
export async function known(): Promise<void> {
  if (phase.peek() !== "ready") await (reading ?? load());
}

/** A task changed, and with it what is counted: read it again when nothing more happens. */
export function countsChanged(): void {
  clearTimeout(timer);
  if (phase.peek() === "ready") timer = setTimeout(() => void load(), SOON_MS);
}

/** What was read before a change must not come over it; what it counts is read soon. */
export function changed(change: () => void): void {
  generation += 1;
  reading = null;
  batch(change);
  countsChanged();
}
