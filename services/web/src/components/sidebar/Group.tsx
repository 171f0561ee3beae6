import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { Icon } from "../Icon";

interface Props {
  title: string;
  /** What the button with the plus makes. */
  add?: { label: string; run: () => void };
  closed?: boolean;
  children: ComponentChildren;
}

/** A part of the sidebar that can be folded away. */
export function Group({ title, add, closed = false, children }: Props) {
  const open = useSignal(!closed);
  const id = useId();
  return (
    <section class="group" aria-labelledby={id}>
      <div class="group-head">
        <h2>
          <button
            type="button"
            id={id}
            class="group-title"
            aria-expanded={open.value}
            onClick={() => (open.value = !open.value)}
          >
            <span class={`fold ${open.value ? "open" : ""}`}>
              <Icon name="right" />
            </span>
            {title}
          </button>
        </h2>
        {add && (
          <button
            type="button"
            class="button quiet small square"
            aria-label={add.label}
            onClick={add.run}
          >
            <Icon name="plus" />
          </button>
        )}
      </div>
      {open.value && children}
    </section>
  );
}
