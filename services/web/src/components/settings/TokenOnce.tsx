import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { copyFrom } from "../../clipboard";

interface Props {
  made: { name: string; token: string };
  onDone: () => void;
}

/** The only time a token is shown; it is in no storage, and gone with this component. */
export function TokenOnce({ made, onDone }: Props) {
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
      <p>
        <strong>This is the token “{made.name}”. Copy it now: it is not shown again.</strong> It
        lets in whoever has it, so keep it as you keep a password.
      </p>
      <div class="copy">
        <input
          ref={field}
          class="input"
          aria-label="The new token"
          readOnly
          autocomplete="off"
          spellcheck={false}
          value={made.token}
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
