import { useSignal } from "@preact/signals";

import { clearNotices, complain } from "../notices";
import { explain } from "../problem";
import * as session from "../session";
import { Brand } from "./Brand";

export function Header() {
  const busy = useSignal(false);
  const user = session.user.value;

  async function leave() {
    if (busy.value) return;
    busy.value = true;
    try {
      await session.signOut();
      clearNotices();
    } catch (error) {
      complain(`You are still signed in. ${explain(error)}`);
    } finally {
      busy.value = false;
    }
  }

  return (
    <header class="header">
      <Brand />
      <span class="who muted" title={user?.email}>
        {user?.name || user?.email}
      </span>
      <button type="button" class="button quiet small" aria-disabled={busy.value} onClick={leave}>
        Sign out
      </button>
    </header>
  );
}
