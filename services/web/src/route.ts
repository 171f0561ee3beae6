/** The path as a signal, and the token of a mail's link. */

import { signal } from "@preact/signals";

import { tokenOf, withoutFragment } from "./link";

export const path = signal(location.pathname);

/**
 * What a link from a mail brought along. Memory only, until another page is opened; the address
 * bar, and with it the history, never keeps it.
 */
export const linkToken = signal<string | null>(takeToken());

addEventListener("popstate", () => {
  // Also when somebody opens a second link from a mail in this tab.
  const found = takeToken();
  if (found !== null || path.peek() !== location.pathname) linkToken.value = found;
  path.value = location.pathname;
});

export function go(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname) return;
  history[options.replace ? "replaceState" : "pushState"](null, "", to);
  linkToken.value = null;
  path.value = to;
  scrollTo(0, 0);
}

/** For links: a plain click stays on this page, everything else is the browser's. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  go((event.currentTarget as HTMLAnchorElement).pathname);
}

function takeToken(): string | null {
  const token = tokenOf(location.pathname, location.hash);
  if (token !== null) history.replaceState(null, "", withoutFragment(location));
  return token;
}
