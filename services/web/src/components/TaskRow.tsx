import { now } from "../clock";
import * as session from "../session";
import { PRIORITIES } from "../taskForm";
import { setCompleted, trash } from "../tasks";
import { counted, dueText, isOverdue } from "../time";
import type { Task } from "../types";
import { Icon } from "./Icon";

interface Props {
  task: Task;
  onOpen: (task: Task) => void;
}

export function TaskRow({ task, onOpen }: Props) {
  return (
    <li class={`task ${task.completed ? "done" : ""}`} data-task={task.id}>
      <input
        type="checkbox"
        class="tick"
        aria-label={`Complete ${task.title}`}
        checked={task.completed}
        onChange={(event) => {
          // While the last change is under way another one is refused.
          if (!setCompleted(task, !task.completed)) event.currentTarget.checked = task.completed;
        }}
      />
      <div class="task-body">
        <button
          type="button"
          class="task-title"
          aria-haspopup="dialog"
          onClick={() => onOpen(task)}
        >
          {task.title}
        </button>
        {task.description && <p class="task-text">{task.description}</p>}
        <Facts task={task} />
      </div>
      <button
        type="button"
        class="button quiet small square"
        aria-label={`Delete ${task.title}`}
        onClick={() => void trash(task)}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

function Facts({ task }: { task: Task }) {
  const zone = session.zone.value;
  const due = dueText(task, zone, now.value);
  const late = isOverdue(task, now.value);
  const priority = PRIORITIES.find(([key]) => key === task.priority)?.[1];
  const notable = task.priority !== "medium";
  if (!due && !notable && !task.reminders_count) return null;
  return (
    <p class="facts">
      {due && (
        <span class={`fact ${late ? "late" : ""}`}>
          <Icon name="clock" />
          {late && <strong>Overdue · </strong>}
          <time dateTime={task.due_at ?? task.due_date ?? undefined}>{due}</time>
        </span>
      )}
      {notable && (
        <span class={`fact ${task.priority}`}>
          <Icon name="flag" />
          {priority}
          <span class="sr-only"> priority</span>
        </span>
      )}
      {task.reminders_count > 0 && (
        <span class="fact">
          <Icon name="bell" />
          {task.reminders_count}
          <span class="sr-only"> {counted(task.reminders_count, "reminder").slice(2)}</span>
        </span>
      )}
    </p>
  );
}
