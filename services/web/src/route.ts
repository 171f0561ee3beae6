/** The path as a signal. */

import { signal } from "@preact/signals";

export const path = signal(location.pathname);

addEventListener("popstate", () => (path.value = location.pathname));

export function go(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname) return;
  history[options.replace ? "replaceState" : "pushState"](null, "", to);
  path.value = to;
}

/** For links: a plain click stays on this page, everything else is the browser's. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  go((event.currentTarget as HTMLAnchorElement).pathname);
}
