import { useSignal } from "@preact/signals";

import { now } from "../clock";
import { inbox, trashedLists } from "../lists";
import * as session from "../session";
import { deleteForGood, restore } from "../tasks";
import { agoText } from "../time";
import type { Row } from "../tree";
import { Confirm } from "./Confirm";

/** A task in the trash. */
export function TrashRow({ row }: { row: Row }) {
  const { task } = row;
  const asking = useSignal(false);
  const list = trashedLists.value.find(({ id }) => id === task.list_id);
  return (
    <li
      class={`task trashed ${row.depth > 0 ? `sub depth-${Math.min(row.depth, 4)}` : ""}`}
      data-task={task.id}
    >
      <div class="task-body">
        <p class="trashed-title">{task.title}</p>
        {task.deleted_at && (
          <p class="facts">Deleted {agoText(task.deleted_at, session.zone.value, now.value)}</p>
        )}
        {list && (
          <p class="facts">
            In the list “{list.name}”, which is in the trash too. Restored without it, the task goes
            to {inbox.value ? `“${inbox.value.name}”` : "the inbox"}.
          </p>
        )}
      </div>
      <div class="actions">
        <button
          type="button"
          class="button small"
          aria-label={`Restore ${task.title}`}
          onClick={() => void restore(task)}
        >
          Restore
        </button>
        <button
          type="button"
          class="button quiet danger small"
          aria-label={`Delete ${task.title} for good`}
          onClick={() => (asking.value = true)}
        >
          Delete for good
        </button>
      </div>
      {asking.value && (
        <Confirm
          title={`Delete “${task.title}” for good?`}
          action={["Delete for good", "Deleting…"]}
          danger
          onConfirm={() => deleteForGood(task)}
          onClosed={() => (asking.value = false)}
        >
          {() => <p>The task, its subtasks and its reminders are gone then, and cannot be brought back.</p>}
        </Confirm>
      )}
    </li>
  );
}
