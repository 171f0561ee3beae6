import { now } from "../clock";
import { labelOf, listOf } from "../lists";
import { recurrenceWords } from "../recurrenceWords";
import { follow } from "../route";
import * as session from "../session";
import { PRIORITIES } from "../taskForm";
import { view } from "../tasks";
import { counted, dueText, isOverdue } from "../time";
import type { Row } from "../tree";
import type { Task } from "../types";
import { pathOf } from "../views";
import { Icon } from "./Icon";

/** What is worth knowing of a task beside its title; nothing when there is nothing. */
export function Facts({ row }: { row: Row }) {
  const { task } = row;
  const list = view.value.kind === "list" ? undefined : listOf(task.list_id);
  const parts = [
    <Due key="due" task={task} />,
    task.recurrence && (
      <span class="fact" key="repeat">
        <Icon name="repeat" />
        <span class="sr-only">Repeats </span>
        {recurrenceWords(task.recurrence, Number(task.occurrence?.slice(14, 16)) || 0)}
      </span>
    ),
    task.priority !== "medium" && (
      <span class={`fact ${task.priority}`} key="priority">
        <Icon name="flag" />
        {PRIORITIES.find(([key]) => key === task.priority)?.[1]}
        <span class="sr-only"> priority</span>
      </span>
    ),
    task.reminders_count > 0 && (
      <span class="fact" key="reminders">
        <Icon name="bell" />
        {task.reminders_count}
        <span class="sr-only"> {counted(task.reminders_count, "reminder").slice(2)}</span>
      </span>
    ),
    task.subtasks_count > 0 && <Progress key="progress" row={row} />,
    task.parent_id && row.depth === 0 && (
      <span class="fact" key="parent">
        <Icon name="right" />
        Subtask
      </span>
    ),
    list && !list.is_inbox && row.depth === 0 && (
      <a
        key="list"
        class="fact"
        href={pathOf({ kind: "list", id: list.id })}
        onClick={follow}
      >
        <span class="color-dot" style={list.color ? { backgroundColor: list.color } : {}} />
        <span class="sr-only">List </span>
        {list.name}
      </a>
    ),
    ...(task.labels ?? []).map((name) => <LabelChip key={`@${name}`} name={name} />),
  ].filter((part) => part && (part.key !== "due" || task.due_at || task.due_date));
  return parts.length > 0 ? <p class="facts">{parts}</p> : null;
}

function Due({ task }: { task: Task }) {
  const late = isOverdue(task, session.zone.value, now.value);
  return (
    <span class={`fact ${late ? "late" : ""}`}>
      <Icon name="clock" />
      {late && <strong>Overdue · </strong>}
      <time dateTime={task.due_at ?? task.due_date ?? undefined}>
        {dueText(task, session.zone.value, now.value)}
      </time>
    </span>
  );
}

function Progress({ row }: { row: Row }) {
  const { task, progress } = row;
  return (
    <span class="fact">
      <Icon name="check" />
      {progress ? (
        <>
          {progress[0]}/{progress[1]}
          <span class="sr-only"> subtasks done</span>
        </>
      ) : (
        counted(task.subtasks_count, "subtask")
      )}
    </span>
  );
}

function LabelChip({ name }: { name: string }) {
  const color = labelOf(name)?.color;
  return (
    <a class="fact label" href={pathOf({ kind: "label", name })} onClick={follow}>
      <span class="sr-only">Label </span>
      <span class="label-mark" aria-hidden="true" style={color ? { color } : {}}>
        @
      </span>
      {name}
    </a>
  );
}
