/** The path as a signal, and the token of a mail's link. */

import { batch, signal } from "@preact/signals";

import { tokenOf, withoutFragment } from "./link";

export const path = signal(location.pathname);
/** Counts the pages that were gone to, also when only what is behind the `?` differs. */
export const visit = signal(0);

/**
 * What a link from a mail brought along. Memory only, until another page is opened; the address
 * bar, and with it the history, never keeps it.
 */
export const linkToken = signal<string | null>(takeToken());

addEventListener("popstate", () => {
  // Also when somebody opens a second link from a mail in this tab.
  const found = takeToken();
  if (found !== null || path.peek() !== location.pathname) linkToken.value = found;
  arrive(location.pathname);
});

/** `to` may end with a query string. */
export function go(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  history[options.replace ? "replaceState" : "pushState"](null, "", to);
  linkToken.value = null;
  arrive(location.pathname);
  scrollTo(0, 0);
}

function arrive(at: string): void {
  batch(() => {
    path.value = at;
    visit.value += 1;
  });
}

/** For links: a plain click stays on this page, everything else is the browser's. */
export function follow(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  const { pathname, search } = event.currentTarget as HTMLAnchorElement;
  go(pathname + search);
}

function takeToken(): string | null {
  const token = tokenOf(location.pathname, location.hash);
  if (token !== null) history.replaceState(null, "", withoutFragment(location));
  return token;
}
