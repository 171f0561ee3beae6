/**
 * The token of an export's link while its owner signs in: that may take a reload, or a detour
 * over another page. This tab only, and gone as soon as the file is here.
 */

import * as session from "./session";

const KEY = "taskbell.export";

export function keep(token: string): void {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // No storage: then the link has to be opened again after a detour.
  }
}

export function kept(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function drop(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There was none.
  }
}

session.onSignOut(drop);
