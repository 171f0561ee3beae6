import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { copyFrom } from "../../clipboard";

interface Props {
  label: string;
  secret: string;
  onDone: () => void;
  /** What it is, and what whoever has it can do. */
  children: ComponentChildren;
}

/** The only time a secret is shown; it is in no storage, and gone with this component. */
export function Once({ label, secret, onDone, children }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const said = useSignal("");
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);

  async function copy() {
    if (!field.current) return;
    said.value = "";
    const copied = await copyFrom(field.current);
    said.value = copied ? "Copied." : "The browser did not copy it: copy what is selected.";
  }

  return (
    <div class="alert warn stack">
      <p>{children}</p>
      <div class="copy">
        <input
          ref={field}
          class="input"
          aria-label={label}
          readOnly
          autocomplete="off"
          spellcheck={false}
          value={secret}
        />
        <button type="button" class="button" onClick={() => void copy()}>
          Copy
        </button>
      </div>
      <div class="actions middle">
        <button type="button" class="button small" onClick={onDone}>
          I have kept it
        </button>
        <span role="status">{said.value}</span>
      </div>
    </div>
  );
}
