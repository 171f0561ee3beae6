import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { Icon } from "./Icon";
import { nextItem } from "./menuKeys";

export interface MenuItem {
  label: string;
  danger?: boolean;
  run: () => void;
}

interface Props {
  /** What the button is called. */
  label: string;
  items: MenuItem[];
  /** The label is shown, instead of three dots. */
  worded?: boolean;
}

const ROOM = 12;

/** A menu button. The menu lies over everything, so nothing that scrolls cuts it off. */
export function Menu({ label, items, worded }: Props) {
  const open = useSignal<"" | "first" | "last">("");
  const root = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  const entries = () => [...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  useEffect(() => {
    if (!open.value || !menu.current || !button.current) return undefined;
    placeBeside(menu.current, button.current);
    entries()
      .at(open.value === "first" ? 0 : -1)
      ?.focus({ preventScroll: true });
    const away = (event: Event) => {
      if (event.target !== menu.current) open.value = "";
    };
    addEventListener("resize", away);
    addEventListener("scroll", away, true);
    return () => {
      removeEventListener("resize", away);
      removeEventListener("scroll", away, true);
    };
  }, [open.value]);

  function close() {
    open.value = "";
    button.current?.focus();
  }

  function keys(event: KeyboardEvent) {
    if (!open.value) {
      if (event.key !== "ArrowDown" || event.altKey) return;
      open.value = "first";
    } else if (event.key === "Escape") {
      close();
    } else {
      const all = entries();
      const wanted = nextItem(event.key, all.indexOf(event.target as HTMLElement), all.length);
      if (wanted === null) return;
      all[wanted]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <span
      ref={root}
      class="menu-root"
      role="presentation"
      onKeyDown={keys}
      onFocusOut={(event) => {
        if (!root.current?.contains(event.relatedTarget as Node | null)) open.value = "";
      }}
    >
      <button
        ref={button}
        id={id}
        type="button"
        class={`button small ${worded ? "" : "quiet square"}`}
        aria-label={worded ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open.value !== ""}
        aria-controls={open.value ? `${id}-menu` : undefined}
        // Else Safari gives it no focus when it is clicked.
        tabIndex={0}
        onClick={() => (open.value ? close() : (open.value = "first"))}
      >
        {worded && label}
        <Icon name={worded ? "down" : "more"} />
      </button>
      {open.value && (
        <div
          ref={menu}
          id={`${id}-menu`}
          role="menu"
          aria-labelledby={id}
          class="menu floating menu-items"
        >
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.danger ? "danger" : ""}
              onClick={() => {
                close();
                item.run();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </span>
  );
}

function placeBeside(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const below = at.bottom + 4;
  const fits = below + offsetHeight + ROOM <= innerHeight;
  const left = Math.min(Math.max(ROOM, at.right - offsetWidth), innerWidth - offsetWidth - ROOM);
  menu.style.left = `${left}px`;
  menu.style.top = `${fits ? below : Math.max(ROOM, at.top - offsetHeight - 4)}px`;
}
