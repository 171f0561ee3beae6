import { useEffect, useRef } from "preact/hooks";

import { unread } from "../bell";

/** Name the page; its heading gets the focus when what had it is gone with the last page. */
export function usePage(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const count = unread.value;
  useEffect(() => {
    // Also seen in the strip of a tab nobody looks at.
    document.title = `${count > 0 ? `(${count}) ` : ""}${title} · Taskbell`;
  }, [title, count]);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return heading;
}
