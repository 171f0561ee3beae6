import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { refresh } from "../draft";
import { clearNotices, inDialog } from "../notices";
import { trash } from "../tasks";
import type { Task } from "../types";
import { EditTask } from "./EditTask";
import { Icon } from "./Icon";
import { Notices } from "./Notices";
import { Reminders } from "./Reminders";

/** One task with its reminders. The browser's modal dialog keeps the focus, and gives it back. */
export function TaskDialog({ task, onClosed }: { task: Task; onClosed: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const current = useSignal(task);
  useEffect(() => {
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

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="dialog-title" onClose={onClosed}>
      <div class="dialog-head">
        <h2 id="dialog-title" tabIndex={-1}>
          Edit task
        </h2>
        <button type="button" class="button quiet small square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <EditTask
        task={current.value}
        onNewer={(newer) => (current.value = newer)}
        onDone={close}
        onDelete={async () => {
          if (await trash(current.value)) close();
        }}
      />
      <Reminders
        task={current.value}
        onChanged={async () => {
          current.value = await refresh(current.value);
        }}
      />
      <Notices within="dialog" />
    </dialog>
  );
}
