/** The order in which sessions are listed. */

import type { Session } from "./types";

/** This device first, then what was used last; equal times by id, so that none jumps about. */
export function inOrder(sessions: Session[]): Session[] {
  return sessions.toSorted(
    (one, other) =>
      Number(other.current) - Number(one.current) ||
      lastUsed(other) - lastUsed(one) ||
      (one.id < other.id ? -1 : 1),
  );
}

function lastUsed({ last_used_at, created_at }: Session): number {
  return Date.parse(last_used_at ?? created_at);
}
