/** What is done to lists, labels and saved filters. All throw when the server refuses. */

import { uuid7 } from "./ids";
import { load as loadTasks, view } from "./listing";
import { changed, filterOf, filters, labels, listOf, lists, load } from "./lists";
import { complain, tell } from "./notices";
import * as organizing from "./organizing";
import { ApiError, explain } from "./problem";
import { go, path } from "./route";
import { reordered } from "./tree";
import type { Label, SavedFilter, TaskList, TaskListPatch, TaskParams } from "./types";
import { pathOf, sameName } from "./views";

interface Look {
  name: string;
  color: string | null;
}

/** When somebody else was faster: read what is there now, so that the next try can work. */
async function fresh<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof ApiError && error.status === 412) await load();
    throw error;
  }
}

// --- lists

export async function addList(id: string, look: Look): Promise<void> {
  const made = await organizing.createList({ id, ...look });
  changed(() => {
    lists.value = [...lists.value.filter((one) => one.id !== made.id), made];
  });
  go(pathOf({ kind: "list", id: made.id }));
}

export async function changeList(list: TaskList, changes: TaskListPatch): Promise<void> {
  const saved = await fresh(organizing.updateList(listOf(list.id) ?? list, changes));
  changed(() => {
    lists.value = lists.value.map((one) => (one.id === saved.id ? saved : one));
  });
}

export async function setArchived(list: TaskList, archived: boolean): Promise<void> {
  try {
    await changeList(list, { archived });
    const run = () => void setArchived(list, !archived);
    tell(archived ? `Archived “${list.name}”.` : `“${list.name}” is back among your lists.`, {
      label: "Undo",
      run,
    });
    void loadTasks({ quiet: true });
  } catch (error) {
    complain(`Could not ${archived ? "archive" : "bring back"} “${list.name}”. ${explain(error)}`);
    void load();
  }
}

export async function trashList(list: TaskList): Promise<void> {
  await organizing.trashList(list.id);
  const here = path.peek();
  changed(() => {
    lists.value = lists.value.filter(({ id }) => id !== list.id);
  });
  if (here === pathOf({ kind: "list", id: list.id })) go("/");
  else void loadTasks({ quiet: true });
  tell(`Moved “${list.name}” and its tasks to the trash.`, {
    label: "Undo",
    run: () => void restoreList(list),
  });
}

export async function restoreList(list: TaskList): Promise<void> {
  try {
    const restored = await organizing.restoreList(list.id);
    changed(() => {
      lists.value = [...lists.value.filter(({ id }) => id !== list.id), restored];
    });
    void load();
    void loadTasks({ quiet: true });
    const run = () => go(pathOf({ kind: "list", id: list.id }));
    tell(`Brought back “${list.name}” with its tasks.`, { label: "Open list", run });
  } catch (error) {
    complain(`Could not bring back “${list.name}”. ${explain(error)}`);
  }
}

let moving: Promise<void> = Promise.resolve();

/** Shown at once; one move after the other, as they were made. */
export function placeList(id: string, beside: string, where: "after" | "before"): void {
  changed(() => {
    lists.value = reordered(lists.value, id, beside, where);
  });
  moving = moving.then(async () => {
    try {
      await organizing.moveList(id, where === "after" ? { after_id: beside } : { before_id: beside });
    } catch (error) {
      complain(`Could not move the list. ${explain(error)}`);
    }
    await load();
  });
}

// --- labels

export async function addLabel(look: Look, key: string): Promise<void> {
  const made = await organizing.createLabel(look, key);
  changed(() => {
    const all = [...labels.value.filter(({ id }) => id !== made.id), made];
    labels.value = all.toSorted((one, other) => one.name.localeCompare(other.name));
  });
}

/** Also on every task that has it. */
export async function changeLabel(label: Label, changes: Partial<Look>): Promise<void> {
  const saved = await fresh(organizing.updateLabel(labels.peek().find(({ id }) => id === label.id) ?? label, changes));
  changed(() => {
    labels.value = labels.value.map((one) => (one.id === saved.id ? saved : one));
  });
  const here = view.peek();
  if (here.kind === "label" && sameName(here.name, label.name)) {
    go(pathOf({ kind: "label", name: saved.name }), { replace: true });
  } else void loadTasks({ quiet: true });
}

export async function removeLabel(label: Label): Promise<void> {
  await organizing.deleteLabel(label.id);
  changed(() => {
    labels.value = labels.value.filter(({ id }) => id !== label.id);
  });
  const here = view.peek();
  if (here.kind === "label" && sameName(here.name, label.name)) go("/");
  else void loadTasks({ quiet: true });
  tell(`Deleted the label “${label.name}”. Its tasks stay.`);
}

// --- saved filters

export async function addFilter(name: string, query: TaskParams, key: string): Promise<void> {
  const made = await organizing.createFilter({ name, query }, key);
  changed(() => {
    filters.value = [...filters.value.filter(({ id }) => id !== made.id), made];
  });
  go(pathOf({ kind: "filter", id: made.id }));
  tell(`Saved the filter “${made.name}”.`);
}

export async function changeFilter(
  filter: SavedFilter,
  changes: Partial<Pick<SavedFilter, "name" | "color" | "query">>,
): Promise<void> {
  const saved = await fresh(organizing.updateFilter(filterOf(filter.id) ?? filter, changes));
  changed(() => {
    filters.value = filters.value.map((one) => (one.id === saved.id ? saved : one));
  });
}

/** What is chosen beside a filter becomes part of it. */
export async function keepInFilter(filter: SavedFilter, query: TaskParams): Promise<void> {
  await changeFilter(filter, { query });
  go(pathOf({ kind: "filter", id: filter.id }), { replace: true });
  tell(`Saved the changes to “${filter.name}”.`);
}

export async function removeFilter(filter: SavedFilter): Promise<void> {
  await organizing.deleteFilter(filter.id);
  changed(() => {
    filters.value = filters.value.filter(({ id }) => id !== filter.id);
  });
  if (path.peek() === pathOf({ kind: "filter", id: filter.id })) go("/");
  const run = () => void takeBack(filter);
  tell(`Deleted the filter “${filter.name}”.`, { label: "Undo", run });
}

async function takeBack({ name, query }: SavedFilter): Promise<void> {
  try {
    await addFilter(name, query, uuid7());
  } catch (error) {
    complain(`Could not bring back “${name}”. ${explain(error)}`);
  }
}
