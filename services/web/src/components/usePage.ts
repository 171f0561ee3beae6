import { useEffect, useRef } from "preact/hooks";

/** Name the page; its heading gets the focus when what had it is gone with the last page. */
export function usePage(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Taskbell`;
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return heading;
}
