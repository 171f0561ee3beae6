/** What API tokens may do, in plain words. */

import type { Role, Scope } from "./types";

interface ScopeWords {
  scope: Scope;
  label: string;
  hint: string;
}

const SCOPES: ScopeWords[] = [
  {
    scope: "tasks:read",
    label: "Read tasks",
    hint: "See your tasks and reminders, and what became of them.",
  },
  {
    scope: "tasks:write",
    label: "Change tasks",
    hint: "Add, change, complete and delete tasks and reminders.",
  },
  {
    scope: "account:read",
    label: "Read the account",
    hint: "See your name, e-mail address and settings.",
  },
  {
    scope: "account:write",
    label: "Change the account",
    hint: "Change your name and settings. Never the password or the address.",
  },
  {
    scope: "admin",
    label: "Administration",
    hint: "What administrators do: see and change the accounts of others.",
  },
];

/** Those that somebody of this role may give to a token. */
export function scopesFor(role: Role): ScopeWords[] {
  return SCOPES.filter(({ scope }) => scope !== "admin" || role === "admin");
}

/** `Read tasks, change tasks`; scopes this page does not know as they are written. */
export function scopeText(scopes: string[]): string {
  const known = SCOPES.filter(({ scope }) => scopes.includes(scope)).map(({ label }) => label);
  const others = scopes.filter((one) => !SCOPES.some(({ scope }) => scope === one));
  const words = [...known.map((label, index) => (index ? uncapitalised(label) : label)), ...others];
  return words.join(", ") || "Nothing";
}

function uncapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export const EXPIRIES: [days: string, label: string][] = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "1 year"],
  ["", "Never"],
];

/** The instant in so many days; undefined for never. */
export function expiryOf(days: string, now: number): string | undefined {
  if (!days) return undefined;
  return new Date(now + Number(days) * 86_400_000).toISOString();
}
