import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { completeTask, createTask, listSubtasks } from "../../api";
import { now } from "../../clock";
import { uuid7 } from "../../ids";
import { tell } from "../../notices";
import { ApiError, explain } from "../../problem";
import * as session from "../../session";
import { isNews, load, settle } from "../../tasks";
import { dueText } from "../../time";
import type { Task } from "../../types";
import { Alert } from "../Alert";
import { TextField } from "../Field";
import { invalid } from "../forms";
import { ListFrame } from "../ListFrame";
import { useList } from "../useList";
import { useLive } from "../useLive";
import { useSubmit } from "../useSubmit";

interface Props {
  task: Task;
  onOpen: (id: string) => void;
  onChanged: () => Promise<void>;
}

/** What a task is made of: add, tick off, and go into each. */
export function Subtasks({ task, onOpen, onChanged }: Props) {
  const list = useList((cursor) => listSubtasks(task.id, cursor));
  const seen = useRef(task.version);
  useEffect(() => {
    // Completing it may have reopened them, undoing brought them back.
    if (seen.current !== task.version) void list.load();
    seen.current = task.version;
  }, [task.version]);
  useLive(["task"], (news) => {
    // Which task is a subtask of this one is known to the server only.
    if (!news || news.some(({ id, version }) => id !== task.id && isNews(id, version))) {
      void list.load();
    }
  });

  async function changed() {
    await Promise.all([list.load(), onChanged()]);
    void load({ quiet: true });
  }

  return (
    <section class="part" aria-labelledby="subtasks-title">
      <div class="list-head">
        <h3 id="subtasks-title">Subtasks</h3>
      </div>
      <ListFrame list={list} empty="No subtasks.">
        {(one) => <Item key={one.id} task={one} onOpen={onOpen} onChanged={changed} />}
      </ListFrame>
      <AddSubtask parent={task} onAdded={changed} />
    </section>
  );
}

interface ItemProps {
  task: Task;
  onOpen: (id: string) => void;
  onChanged: () => Promise<void>;
}

function Item({ task, onOpen, onChanged }: ItemProps) {
  /** What was ticked, until the server has said what became of it. */
  const wanted = useSignal<boolean | null>(null);
  const failure = useSignal<unknown>(null);
  const zone = session.zone.value;
  const done = wanted.value ?? task.completed;
  const due = dueText(task, zone, now.value);

  async function tick(completed: boolean) {
    wanted.value = completed;
    failure.value = null;
    try {
      const { occurrence } = completed ? task : { occurrence: null };
      const saved = await completeTask(task.id, completed, { occurrence });
      settle(saved);
      if (completed && !saved.completed) {
        tell(`Done: “${task.title}”. Next: ${dueText(saved, zone, now.peek())}.`);
      }
      await onChanged();
    } catch (error) {
      failure.value = error;
    } finally {
      wanted.value = null;
    }
  }

  return (
    <li class={`task subtask ${done ? "done" : ""}`}>
      <input
        type="checkbox"
        class="tick"
        aria-label={`Complete ${task.title}`}
        checked={done}
        onChange={(event) => {
          if (wanted.peek() === null) void tick(event.currentTarget.checked);
          else event.currentTarget.checked = done;
        }}
      />
      <div class="task-body">
        <button type="button" class="task-title" onClick={() => onOpen(task.id)}>
          {task.title}
        </button>
        {failure.value !== null && (
          <p class="field-error" role="alert">
            Not changed. {explain(failure.value)}
          </p>
        )}
      </div>
      {due && <span class="muted">{due}</span>}
    </li>
  );
}

const TOO_DEEP = "This task is as deep as tasks go: five levels. It cannot have subtasks.";

function AddSubtask({ parent, onAdded }: { parent: Task; onAdded: () => Promise<void> }) {
  const title = useSignal("");
  /** Made once for a subtask, however often it has to be sent. */
  const id = useRef(uuid7());
  const { busy, error, failure, message, submit } = useSubmit(["title"], async (form) => {
    const text = title.value.trim();
    if (!text) throw invalid("title", "Enter a title.");
    await createTask({ id: id.current, title: text, parent_id: parent.id });
    id.current = uuid7();
    title.value = "";
    form.querySelector("input")?.focus();
    await onAdded();
  });
  const deep = failure.value instanceof ApiError && failure.value.code === "too_deep";
  return (
    <form class="add-reminder" aria-label="New subtask" noValidate onSubmit={submit}>
      <TextField
        label="New subtask"
        name="subtask"
        autocomplete="off"
        value={title}
        error={error?.fields.title}
      />
      <button type="submit" class="button" aria-disabled={busy}>
        {busy ? "Adding…" : "Add subtask"}
      </button>
      <Alert>{deep ? TOO_DEEP : message}</Alert>
    </form>
  );
}
