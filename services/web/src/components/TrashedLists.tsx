import { useSignal } from "@preact/signals";

import { now } from "../clock";
import { restoreList } from "../listChanges";
import { trashedLists } from "../lists";
import { tell } from "../notices";
import { deleteList, listLists } from "../organizing";
import * as session from "../session";
import { noteChange } from "../tasks";
import { agoText } from "../time";
import type { TaskList } from "../types";
import { Confirm } from "./Confirm";
import { ListFrame } from "./ListFrame";
import { useList } from "./useList";

/** Lists in the trash: they come back with their tasks. */
export function TrashedLists() {
  const list = useList(async () => {
    trashedLists.value = await listLists({ trashed: true });
    return { items: trashedLists.value, total: null, next_cursor: null };
  });
  const doomed = useSignal<TaskList | null>(null);
  if (!list.message && !list.items?.length) return null;

  async function bringBack(one: TaskList) {
    await restoreList(one);
    await list.load();
  }

  async function remove(one: TaskList) {
    await deleteList(one.id);
    list.remove(({ id }) => id === one.id);
    noteChange();
    tell(`Deleted “${one.name}” and its tasks for good.`);
  }

  return (
    <section aria-labelledby="trashed-lists">
      <div class="list-head">
        <h2 id="trashed-lists" tabIndex={-1}>
          Lists
        </h2>
      </div>
      <div class="card trash-lists">
        <ListFrame list={list} empty="">
          {(one) => (
            <li key={one.id} class="row">
              <div class="row-body">
                <p>{one.name}</p>
                {one.deleted_at && (
                  <p class="muted">
                    Deleted {agoText(one.deleted_at, session.zone.value, now.value)}
                  </p>
                )}
              </div>
              <div class="actions">
                <button
                  type="button"
                  class="button small"
                  aria-label={`Restore the list ${one.name}`}
                  onClick={() => void bringBack(one)}
                >
                  Restore
                </button>
                <button
                  type="button"
                  class="button quiet danger small"
                  aria-label={`Delete the list ${one.name} for good`}
                  onClick={() => (doomed.value = one)}
                >
                  Delete for good
                </button>
              </div>
            </li>
          )}
        </ListFrame>
      </div>
      {doomed.value && (
        <Confirm
          title={`Delete “${doomed.value.name}” for good?`}
          action={["Delete for good", "Deleting…"]}
          danger
          onConfirm={() => remove(doomed.value as TaskList)}
          onClosed={() => (doomed.value = null)}
        >
          {() => <p>The list and its tasks are gone then, and cannot be brought back.</p>}
        </Confirm>
      )}
    </section>
  );
}
