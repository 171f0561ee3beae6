/** An account that was deleted on this page a moment ago, and may come back. */

import { effect, signal } from "@preact/signals";

import { deleteAccount } from "./account";
import { tell } from "./notices";
import * as session from "./session";

/** As the server has it: that long signing in takes the deletion back. */
export const GRACE_DAYS = 7;

export const leaving = signal<{ userId: string; until: string } | null>(null);

export async function leaveForGood(password: string): Promise<void> {
  await deleteAccount(password);
  const userId = session.user.peek()?.id ?? "";
  const until = new Date(Date.now() + GRACE_DAYS * 86_400_000).toISOString();
  leaving.value = { userId, until };
  session.leave();
}

effect(() => {
  if (session.state.value !== "signed-in" || !leaving.peek()) return;
  if (leaving.peek()?.userId === session.user.peek()?.id) {
    tell("Welcome back. Your account stays: nothing is deleted.");
  }
  leaving.value = null;
});
