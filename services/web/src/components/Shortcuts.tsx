import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { focusQuickAdd } from "./AddDetailed";
import { Icon } from "./Icon";

const KEYS: [keys: string[], what: string][] = [
  [["q", "a"], "Add a task"],
  [["/"], "Search"],
  [["Alt + ↑", "Alt + ↓"], "Move a task in its list, or a list in the sidebar"],
  [["Backspace"], "After something that was understood: keep it as text"],
  [["Esc"], "Close, or clear what is typed"],
  [["?"], "Show this help"],
];

/** Keys that work wherever nothing is being typed. */
export function Shortcuts() {
  const help = useSignal(false);
  useEffect(() => {
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  function listen(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const typing = "input:not([type=checkbox], [type=radio]), textarea, select, [role=menu]";
    if (target.closest(typing) || target.isContentEditable) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "q" || event.key === "a") focusQuickAdd();
    else if (event.key === "/") focusSearch();
    else if (event.key === "?") help.value = true;
    else return;
    event.preventDefault();
  }

  return help.value ? <Help onClosed={() => (help.value = false)} /> : null;
}

function focusSearch() {
  const input = document.querySelector<HTMLInputElement>("input[name=search]");
  input?.focus();
  input?.select();
}

function Help({ onClosed }: { onClosed: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog small" aria-labelledby="shortcuts-title" onClose={onClosed}>
      <div class="dialog-head">
        <h2 id="shortcuts-title">Keyboard shortcuts</h2>
        <button
          type="button"
          class="button quiet small square"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      <dl class="shortcuts">
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
