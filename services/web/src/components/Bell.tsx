import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import * as bell from "../bell";
import { counted } from "../time";
import { BellPanel } from "./BellPanel";
import { Icon } from "./Icon";

const MOST_SHOWN = 99;

/** Says how many notifications nobody has read, and opens the list of all. */
export function Bell() {
  const open = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const unread = bell.unread.value;
  const words = unread > 0 ? counted(unread, "unread notification") : "";
  useEffect(() => void bell.count(), []);
  useEffect(() => {
    if (!open.value) return undefined;
    void bell.load();
    const away = (event: Event) => {
      const { target } = event;
      if (!(target instanceof Node) || root.current?.contains(target)) return;
      // A menu of the panel, or the message that says what became of it.
      if (target instanceof Element && target.closest(".notices")) return;
      open.value = false;
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, [open.value]);

  function close() {
    open.value = false;
    button.current?.focus();
  }

  return (
    <div
      ref={root}
      class="bell"
      role="presentation"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open.value) return;
        event.preventDefault();
        close();
      }}
    >
      <button
        ref={button}
        type="button"
        class="button quiet small square bell-button"
        // Else Safari gives it no focus when it is clicked.
        tabIndex={0}
        aria-label={words ? `Notifications, ${unread} unread` : "Notifications"}
        aria-haspopup="dialog"
        aria-expanded={open.value}
        aria-controls={open.value ? id : undefined}
        onClick={() => (open.value = !open.value)}
      >
        <Icon name="bell" />
        {unread > 0 && (
          <span class="bell-count" aria-hidden="true">
            {unread > MOST_SHOWN ? `${MOST_SHOWN}+` : unread}
          </span>
        )}
      </button>
      <span class="sr-only" aria-live="polite">
        {words}
      </span>
      {open.value && <BellPanel id={id} onClose={close} />}
    </div>
  );
}
