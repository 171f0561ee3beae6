import { toggleCollapsed } from "../collapsed";
import { choosing, isSelected, toggle } from "../selection";
import { setCompleted, trash } from "../tasks";
import { counted } from "../time";
import type { Row } from "../tree";
import type { Task } from "../types";
import { Facts } from "./Facts";
import { Icon } from "./Icon";
import type { Reorder } from "./useReorder";

interface Props {
  row: Row;
  /** Where the order is one's own. */
  reorder?: Reorder | undefined;
  onOpen: (task: Task) => void;
}

const DEEPEST = 4;

export function TaskRow({ row, reorder, onOpen }: Props) {
  const { task } = row;
  const look = [
    "task",
    task.completed && "done",
    row.depth > 0 && `sub depth-${Math.min(row.depth, DEEPEST)}`,
    reorder?.look(task.id),
  ];
  return (
    <li
      class={look.filter(Boolean).join(" ")}
      data-task={task.id}
      data-sort={task.id}
      onKeyDown={(event) => reorder?.keys(event, task.id)}
    >
      <Fold row={row} />
      {choosing.value ? <SelectBox task={task} /> : <Tick task={task} />}
      <div class="task-body">
        <button
          type="button"
          class="task-title"
          aria-haspopup="dialog"
          aria-keyshortcuts={reorder && "Alt+ArrowUp Alt+ArrowDown"}
          onClick={() => onOpen(task)}
        >
          {row.depth > 0 && <span class="sr-only">Subtask: </span>}
          {task.title}
        </button>
        {task.description && <p class="task-text">{task.description}</p>}
        <Facts row={row} />
      </div>
      {reorder && !choosing.value && (
        <span
          class="grip"
          title="Drag to move, or press Alt with the arrow keys"
          aria-hidden="true"
          onPointerDown={(event) => reorder.start(event, task.id)}
        >
          <Icon name="grip" />
        </span>
      )}
      {!choosing.value && (
        <button
          type="button"
          class="button quiet small square"
          aria-label={`Delete ${task.title}`}
          onClick={() => void trash(task)}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
}

function Tick({ task }: { task: Task }) {
  return (
    <input
      type="checkbox"
      class={`tick ${task.priority}`}
      aria-label={`Complete ${task.title}`}
      checked={task.completed}
      onChange={(event) => {
        // While the last change is under way another one is refused.
        if (!setCompleted(task, !task.completed)) event.currentTarget.checked = task.completed;
      }}
    />
  );
}

function SelectBox({ task }: { task: Task }) {
  return (
    <input
      type="checkbox"
      class="tick select"
      aria-label={`Select ${task.title}`}
      checked={isSelected(task)}
      onChange={(event) => {
        toggle(task);
        event.currentTarget.checked = isSelected(task);
      }}
    />
  );
}

function Fold({ row }: { row: Row }) {
  if (row.children === 0) return null;
  const { task, collapsed } = row;
  return (
    <button
      type="button"
      class="fold-button"
      aria-expanded={!collapsed}
      aria-label={`${counted(row.children, "subtask")} of ${task.title}`}
      onClick={() => toggleCollapsed(task.id)}
    >
      <span class={`fold ${collapsed ? "" : "open"}`}>
        <Icon name="right" />
      </span>
    </button>
  );
}
