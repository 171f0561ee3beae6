import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { clearNotices, complain } from "../notices";
import { explain } from "../problem";
import { follow, go, path } from "../route";
import * as session from "../session";
import { Icon } from "./Icon";
import { nextItem } from "./menuKeys";
import { useAction } from "./useAction";

/** A menu button as the ARIA practices have it: one stop for Tab, arrows inside. */
export function AccountMenu() {
  const open = useSignal<"" | "first" | "last">("");
  const root = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const user = session.user.value;
  const items = () => [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  useEffect(() => {
    if (open.value)
      items()
        .at(open.value === "first" ? 0 : -1)
        ?.focus();
  }, [open.value]);

  function close() {
    open.value = "";
    button.current?.focus();
  }

  function keys(event: KeyboardEvent) {
    if (!open.value) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      open.value = event.key === "ArrowDown" ? "first" : "last";
    } else if (event.key === "Escape") {
      close();
    } else {
      const all = items();
      const wanted = nextItem(event.key, all.indexOf(event.target as HTMLElement), all.length);
      if (wanted === null) return;
      all[wanted]?.focus();
    }
    event.preventDefault();
  }

  return (
    <nav
      ref={root}
      class="account"
      aria-label="Account"
      onKeyDown={keys}
      onFocusOut={(event) => {
        if (!root.current?.contains(event.relatedTarget as Node | null)) open.value = "";
      }}
    >
      <button
        ref={button}
        id={id}
        type="button"
        class="button quiet small"
        // Else Safari gives it no focus when it is clicked.
        tabIndex={0}
        aria-haspopup="menu"
        aria-expanded={open.value !== ""}
        aria-controls={open.value ? `${id}-menu` : undefined}
        onClick={() => (open.value ? close() : (open.value = "first"))}
      >
        <span class="sr-only">Account of </span>
        <span class="who">{user?.name || user?.email}</span>
        <Icon name="down" />
      </button>
      {open.value && (
        <div class="menu">
          <p class="muted menu-head">{user?.email}</p>
          <Items id={`${id}-menu`} labelledBy={id} onChosen={close} />
        </div>
      )}
    </nav>
  );
}

interface ItemsProps {
  id: string;
  labelledBy: string;
  onChosen: () => void;
}

function Items({ id, labelledBy, onChosen }: ItemsProps) {
  const leaving = useAction(signOut);
  const links = [
    ["/", "Tasks"],
    ["/settings", "Settings"],
    ...(session.user.value?.role === "admin" ? [["/admin", "Administration"]] : []),
  ] as [string, string][];
  return (
    <div id={id} role="menu" aria-labelledby={labelledBy} class="menu-items">
      {links.map(([to, label]) => (
        <a
          key={to}
          role="menuitem"
          tabIndex={-1}
          href={to}
          aria-current={path.value === to ? "page" : undefined}
          onClick={(event) => {
            onChosen();
            follow(event);
          }}
          onKeyDown={(event) => {
            if (event.key !== " ") return;
            event.preventDefault();
            event.currentTarget.click();
          }}
        >
          {label}
        </a>
      ))}
      <button
        type="button"
        role="menuitem"
        tabIndex={-1}
        aria-disabled={leaving.busy}
        onClick={() => void leaving.run()}
      >
        {leaving.busy ? "Signing out…" : "Sign out"}
      </button>
    </div>
  );
}

async function signOut(): Promise<void> {
  try {
    await session.signOut();
    clearNotices();
    // Whoever signs in next did not come for the page this one was on.
    go("/", { replace: true });
  } catch (error) {
    complain(`You are still signed in. ${explain(error)}`);
  }
}
