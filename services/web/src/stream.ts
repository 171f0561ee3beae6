/** Listening to `GET /events`: connects, resumes where it was, and tries again ever less often. */

import { authorized } from "./api";
import { stream } from "./http";
import { ApiError, isTemporary } from "./problem";
import { sseParser, type ServerEvent } from "./sse";

/** The server says something each 15 s: after this long there is nobody any more. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_MS = 60_000;
/** For what will not be otherwise soon, such as a server that has no such endpoint. */
const REFUSED_MS = 300_000;

export interface Ears {
  /** Where to go on from; "" for from now on. */
  lastId: string;
  onEvent: (event: ServerEvent) => void;
  /** Something was heard, and be it a heartbeat; `lastId` is up to date. */
  onSign: () => void;
}

/** Until `signal` ends it. */
export async function listen(ears: Ears, signal: AbortSignal): Promise<void> {
  let retry = FIRST_RETRY_MS;
  let failures = 0;
  while (!signal.aborted) {
    let pause = 0;
    try {
      await connect(ears, signal, {
        event: (event) => {
          failures = 0;
          ears.onEvent(event);
        },
        place: (id) => (ears.lastId = id),
        retry: (milliseconds) => (retry = milliseconds),
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      pause = leastPause(error);
    }
    await rest(Math.max(pause, backoff(retry, failures)), signal);
  }
}

async function connect(
  ears: Ears,
  signal: AbortSignal,
  on: Parameters<typeof sseParser>[0],
): Promise<void> {
  const silence = new AbortController();
  let watch: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(watch);
    watch = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  heard();
  const ended = AbortSignal.any([signal, silence.signal]);
  const parse = sseParser(on);
  try {
    await authorized((token) =>
      stream("/events", { token, lastEventId: ears.lastId, signal: ended }, (text) => {
        heard();
        parse(text);
        ears.onSign();
      }),
    );
  } finally {
    clearTimeout(watch);
  }
}

function leastPause(error: unknown): number {
  if (!(error instanceof ApiError)) return 0;
  if (error.retryAfter !== null) return error.retryAfter * 1000;
  return isTemporary(error) ? 0 : REFUSED_MS;
}

/** Ever longer, and not the same for all who lost their connection at once. */
export function backoff(retry: number, failures: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_MS, retry * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + random / 2);
}

/** Without a network until there is one; else for this long. */
function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const late = () => navigator.onLine !== false && done();
    const timer = setTimeout(late, milliseconds);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
