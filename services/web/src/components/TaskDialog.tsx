import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { getTask } from "../api";
import { refresh } from "../draft";
import { known } from "../lists";
import { clearNotices, complain, inDialog } from "../notices";
import { wanted } from "../opened";
import { explain } from "../problem";
import { trash } from "../tasks";
import type { Task } from "../types";
import { Confirm } from "./Confirm";
import { EditTask } from "./EditTask";
import { Icon } from "./Icon";
import { Notices } from "./Notices";
import { Reminders } from "./Reminders";
import { Crumbs } from "./task/Crumbs";
import { History } from "./task/History";
import { Subtasks } from "./task/Subtasks";
import { useLive } from "./useLive";

const GONE = "This task was moved to the trash elsewhere.";

/** To another task, or out of the dialog. */
type Way = { to: string } | "out";

/**
 * One task with all that belongs to it, and the way to its subtasks and back. The browser's modal
 * dialog keeps the focus, and gives it back.
 */
export function TaskDialog({ task, onClosed }: { task: Task; onClosed: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const current = useSignal(task);
  /** How somebody wants to leave although something is not saved. */
  const asked = useSignal<Way | null>(null);
  /** They do not want to keep it. */
  const dropped = useRef(false);
  const unsaved = useRef(() => false);
  // Before it is painted: what somebody types at once belongs to it.
  useLayoutEffect(() => {
    void known();
    clearNotices();
    dialog.current?.showModal();
    inDialog.value = true;
    // On a phone the keyboard would cover what somebody came to look at.
    const first = matchMedia("(pointer: coarse)").matches ? "h2" : "[name=title]";
    dialog.current?.querySelector<HTMLElement>(first)?.focus();
    return () => {
      inDialog.value = false;
    };
  }, []);
  const close = () => dialog.current?.close();
  const focusHeading = () => dialog.current?.querySelector<HTMLElement>("h2")?.focus();
  const take = (newer: Task) => {
    // An answer may come when another task is shown already.
    if (newer.id === current.peek().id) current.value = newer;
  };
  const changed = async () => take(await refresh(current.peek()));

  async function show(id: string) {
    try {
      current.value = await getTask(id);
      focusHeading();
      dialog.current?.scrollTo(0, 0);
    } catch (error) {
      complain(`Could not open that task. ${explain(error)}`);
    }
  }

  const open = (id: string) => {
    if (unsaved.current()) asked.value = { to: id };
    else void show(id);
  };
  const leave = () => {
    if (unsaved.current()) asked.value = "out";
    else close();
  };

  useEffect(() => {
    const id = wanted.value;
    if (id === null) return;
    wanted.value = null;
    if (id !== current.peek().id) open(id);
  }, [wanted.value]);
  useLive(["task"], (news) => {
    const { id, version } = current.peek();
    const mine = news?.filter((one) => one.id === id && (one.version ?? Infinity) > version);
    if (mine?.some(({ action }) => action === "deleted")) complain(GONE);
    else if (mine?.length !== 0) void changed();
  });

  /** The browser closes a dialog without asking when Escape is all that was pressed since. */
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    const inner = (event.target as HTMLElement).closest("dialog");
    if (inner && inner !== dialog.current) inner.close();
    else leave();
  }

  async function drop(way: Way) {
    if (way !== "out") return show(way.to);
    dropped.current = true;
  }

  async function remove() {
    const { parent_id } = current.value;
    if (!(await trash(current.value))) return;
    if (parent_id && current.value.id !== task.id) await show(parent_id);
    else close();
  }

  const { id } = current.value;
  return (
    <dialog
      ref={dialog}
      class="dialog task-dialog"
      aria-labelledby="dialog-title"
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        if (event.target !== dialog.current) return;
        event.preventDefault();
        leave();
      }}
      onClose={onClosed}
    >
      <div class="dialog-head">
        <h2 id="dialog-title" tabIndex={-1}>
          {current.value.parent_id ? "Edit subtask" : "Edit task"}
        </h2>
        <button type="button" class="button quiet small square" aria-label="Close" onClick={leave}>
          <Icon name="close" />
        </button>
      </div>
      <Crumbs key={id} task={current.value} onOpen={open} onNewer={take} />
      <EditTask
        key={id}
        task={current.value}
        unsaved={unsaved}
        onNewer={take}
        onDone={close}
        onCancel={leave}
        onDelete={() => void remove()}
      />
      <Subtasks key={id} task={current.value} onOpen={open} onChanged={changed} />
      <Reminders key={id} task={current.value} onChanged={changed} />
      <History key={id} task={current.value} onNewer={take} />
      <Notices within="dialog" />
      {asked.value && (
        <Confirm
          title="Leave without saving?"
          action={["Leave", "Leaving…"]}
          cancel="Keep editing"
          onConfirm={() => drop(asked.value as Way)}
          onClosed={() => {
            asked.value = null;
            if (dropped.current) return close();
            // The focus goes back to what led away, unless that is gone with its task.
            requestAnimationFrame(() => {
              if (document.activeElement === document.body) focusHeading();
            });
          }}
        >
          {() => <p>What you changed in this task is not saved.</p>}
        </Confirm>
      )}
    </dialog>
  );
}
