import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { inDialog } from "../../notices";
import { visit } from "../../route";
import { Icon } from "../Icon";
import { Notices } from "../Notices";
import { Sidebar } from "./Sidebar";

/** From 800 pixels on there is room beside the tasks. */
const wide = matchMedia("(min-width: 50rem)");
const isWide = signal(wide.matches);
wide.addEventListener("change", () => (isWide.value = wide.matches));

const open = signal(false);

export function DrawerButton() {
  if (isWide.value) return null;
  return (
    <button
      type="button"
      class="button quiet small square"
      aria-label="Lists and views"
      aria-haspopup="dialog"
      onClick={() => (open.value = true)}
    >
      <Icon name="menu" />
    </button>
  );
}

/** Beside the tasks, or, where that is too narrow, a drawer over them. */
export function SidebarOrDrawer() {
  if (isWide.value) {
    return (
      <aside class="sidebar">
        <Sidebar />
      </aside>
    );
  }
  return open.value ? <Drawer /> : null;
}

/** The browser's modal dialog keeps the focus, closes on Escape, and gives the focus back. */
function Drawer() {
  const dialog = useRef<HTMLDialogElement>(null);
  const at = useRef(visit.peek());
  const gone = visit.value !== at.current;
  useLayoutEffect(() => {
    const { current } = dialog;
    // Beside the drawer, or on a link, also to what is shown already.
    const leave = (event: Event) => {
      const link = (event.target as HTMLElement).closest("a");
      if (event.target === current || link) current?.close();
    };
    current?.showModal();
    current?.addEventListener("click", leave);
    inDialog.value = true;
    return () => {
      inDialog.value = false;
      open.value = false;
    };
  }, []);
  useEffect(() => {
    if (gone) dialog.current?.close();
  }, [gone]);
  return (
    <dialog
      ref={dialog}
      class="drawer"
      aria-label="Lists and views"
      onClose={(event) => {
        if (event.target === dialog.current) open.value = false;
      }}
    >
      <div class="drawer-body">
        <button
          type="button"
          class="button quiet small square drawer-close"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
        <Sidebar />
      </div>
      <Notices within="dialog" />
    </dialog>
  );
}
