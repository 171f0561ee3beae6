/** The current time as a signal, so that "overdue" and "Today" become true by themselves. */

import { signal } from "@preact/signals";

export const now = signal(Date.now());

const tick = () => (now.value = Date.now());

setInterval(tick, 20_000);
document.addEventListener("visibilitychange", tick);
