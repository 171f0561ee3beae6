/** Short messages at the foot of the page, read out by screen readers. */

import { signal } from "@preact/signals";

interface Action {
  label: string;
  run: () => void;
}

export interface Notice {
  id: number;
  tone: "info" | "due" | "error";
  text: string;
  actions: Action[];
}

const SHOWN_MS = { info: 10_000, due: 30_000, error: 30_000 };
const MOST = 3;

export const notices = signal<Notice[]>([]);
/** An open modal dialog makes the rest of the page unreachable: then it shows the notices. */
export const inDialog = signal(false);

const timers = new Map<number, ReturnType<typeof setTimeout>>();
let last = 0;

export function tell(text: string, ...actions: Action[]): void {
  add({ id: ++last, tone: "info", text, actions });
}

/** Somebody wanted to be told of this. */
export function remind(text: string, ...actions: Action[]): void {
  add({ id: ++last, tone: "due", text, actions });
}

export function complain(text: string, ...actions: Action[]): void {
  add({ id: ++last, tone: "error", text, actions });
}

export function dismiss(id: number): void {
  hold(id);
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Stop the clock while somebody reads or reaches for the button. */
export function hold(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

export function release({ id, tone }: Notice): void {
  hold(id);
  const timer = setTimeout(() => dismiss(id), SHOWN_MS[tone]);
  timers.set(id, timer);
}

export function clearNotices(): void {
  for (const { id } of notices.value) dismiss(id);
}

function add(notice: Notice): void {
  // News replaces older news; the others only make room for their own repetition.
  const old = ({ tone, text }: Notice) =>
    text === notice.text || (tone === "info" && notice.tone !== "due");
  const kept = notices.value.filter((one) => !old(one));
  notices.value = [...kept, notice].slice(-MOST);
  release(notice);
}
