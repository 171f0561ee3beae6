import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import type { ApiError } from "../problem";
import { Alert } from "./Alert";
import { useSubmit } from "./useSubmit";

interface Props {
  title: string;
  /** What the button says, and while it is being done. */
  action: [idle: string, busy: string];
  /** What the other button says. */
  cancel?: string;
  danger?: boolean;
  /** Names of the fields among the children that show their own error. */
  fields?: string[];
  onConfirm: () => Promise<void>;
  onClosed: () => void;
  children: (error: ApiError | null) => ComponentChildren;
}

/** Asks before something is done, and says so when it could not be. */
export function Confirm(props: Props) {
  const { title, action, cancel = "Cancel", danger, fields, onConfirm, onClosed, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const close = () => dialog.current?.close();
  const { busy, error, message, submit } = useSubmit(fields ?? [], async () => {
    await onConfirm();
    close();
  });
  useLayoutEffect(() => dialog.current?.showModal(), []);

  function closed() {
    const heading = headingOf(dialog.current);
    onClosed();
    // The row that was asked about may be gone by then, and its button with it.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) heading?.focus();
    });
  }

  return (
    <dialog ref={dialog} class="dialog small" aria-labelledby={id} onClose={closed}>
      <form class="stack" noValidate onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children(error)}
        <Alert>{message}</Alert>
        <div class="actions end">
          <button type="button" class="button" onClick={close}>
            {cancel}
          </button>
          <button
            type="submit"
            class={`button primary ${danger ? "danger" : ""}`}
            aria-disabled={busy}
          >
            {action[busy ? 1 : 0]}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function headingOf(dialog: HTMLDialogElement | null): HTMLElement | null {
  return dialog?.closest("section")?.querySelector<HTMLElement>("h2") ?? null;
}
