/** What administrators do to somebody's account, and how it is called. */

import type { PersonPatch } from "../../admin";
import type { Person } from "../../types";

export type DeedName = "promote" | "demote" | "enable" | "disable" | "signOut";

interface Deed {
  action: string;
  question: (called: string) => string;
  explanation: string;
  /** Stands behind the name. */
  done: string;
  danger: boolean;
  /** Null for what changes nothing that is listed. */
  changes: PersonPatch | null;
}

export function nameOf({ name, email }: Person): string {
  return name || email;
}

export const DEEDS: Record<DeedName, Deed> = {
  promote: {
    action: "Make administrator",
    question: (called) => `Make ${called} an administrator?`,
    explanation: "Administrators see all accounts, change and disable them.",
    done: "now an administrator",
    danger: false,
    changes: { role: "admin" },
  },
  demote: {
    action: "Revoke administrator",
    question: (called) => `Revoke the role of ${called}?`,
    explanation:
      "They keep their account and their tasks, and no longer see the accounts of others.",
    done: "no longer an administrator",
    danger: true,
    changes: { role: "user" },
  },
  enable: {
    action: "Enable",
    question: (called) => `Enable ${called}?`,
    explanation: "They can sign in again, and find everything as it was.",
    done: "enabled",
    danger: false,
    changes: { is_active: true },
  },
  disable: {
    action: "Disable",
    question: (called) => `Disable ${called}?`,
    explanation:
      "They are signed out everywhere at once, and can no longer sign in. " +
      "Nothing of theirs is deleted.",
    done: "disabled",
    danger: true,
    changes: { is_active: false },
  },
  signOut: {
    action: "Sign out everywhere",
    question: (called) => `Sign out ${called} everywhere?`,
    explanation:
      "For a lost device, say. They can sign in again at once; their API tokens go on working.",
    done: "signed out everywhere",
    danger: true,
    changes: null,
  },
};
