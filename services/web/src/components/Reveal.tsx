import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  children: (close: () => void) => ComponentChildren;
}

/** A form that is shown when it is wanted. Its first field takes the focus; closed, the button. */
export function Reveal({ label, children }: Props) {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !open.value) button.current?.focus();
    was.current = open.value;
  }, [open.value]);
  const close = () => (open.value = false);

  if (!open.value) {
    return (
      <div class="actions">
        <button ref={button} type="button" class="button" onClick={() => (open.value = true)}>
          {label}
        </button>
      </div>
    );
  }
  return (
    <div
      class="reveal"
      role="group"
      aria-label={label}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      {children(close)}
    </div>
  );
}
