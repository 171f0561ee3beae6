/** One request to the API: JSON in and out, errors as ApiError. Knows nothing of sessions. */

import { ApiError } from "./problem";

const BASE = "/api/v1";
const TIMEOUT_MS = 20_000;
/** A file may be long, and the way slow. */
const FILE_TIMEOUT_MS = 300_000;

export interface Options {
  /** An object goes as JSON, URLSearchParams as a form, a Blob byte for byte. */
  body?: unknown;
  token?: string | null;
  ifMatch?: number;
  /** Made once for a deed, so that the server does it once however often it is asked. */
  idempotencyKey?: string;
  /** Stops waiting; then the error is the one of the signal. */
  signal?: AbortSignal;
}

interface StreamOptions {
  token: string | null;
  /** Where to go on from, or "". */
  lastEventId: string;
  signal: AbortSignal;
}

export async function send<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const timeout = options.body instanceof Blob ? FILE_TIMEOUT_MS : TIMEOUT_MS;
  const response = await answer(method, path, options, timeout);
  if (response.status === 204) return undefined as T;
  const body = await parsed(response);
  if (!response.ok) throw refusal(response, body);
  // Not ours: a captive portal, or a proxy that answers with its own page.
  if (body === undefined) throw new ApiError(0);
  return body as T;
}

/** The answer as a file, byte for byte. */
export async function receive(path: string, options: Options = {}): Promise<Blob> {
  const response = await answer("GET", path, options, FILE_TIMEOUT_MS);
  if (!response.ok) throw refusal(response, await parsed(response));
  try {
    return await response.blob();
  } catch {
    throw new ApiError(0);
  }
}

/**
 * An answer that goes on: hands over its text as it comes, and returns when the server ends it.
 * `signal` ends it from this side.
 */
export async function stream(
  path: string,
  { token, lastEventId, signal }: StreamOptions,
  onText: (text: string) => void,
): Promise<void> {
  const sent = headers({ token });
  sent.set("Accept", "text/event-stream");
  if (lastEventId) sent.set("Last-Event-ID", lastEventId);
  const init = { headers: sent, credentials: "same-origin", cache: "no-store", signal } as const;
  const response = await fetch(BASE + path, init).catch(() => {
    signal.throwIfAborted();
    throw new ApiError(0);
  });
  if (!response.ok) throw refusal(response, await parsed(response));
  if (!response.body) throw new ApiError(0);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onText(value);
  }
}

async function answer(
  method: string,
  path: string,
  options: Options,
  timeout: number,
): Promise<Response> {
  const late = AbortSignal.timeout(timeout);
  try {
    return await fetch(BASE + path, {
      method,
      headers: headers(options),
      body: encoded(options.body),
      credentials: "same-origin",
      signal: options.signal ? AbortSignal.any([options.signal, late]) : late,
    });
  } catch {
    options.signal?.throwIfAborted();
    throw new ApiError(0);
  }
}

function refusal(response: Response, body: unknown): ApiError {
  const problem = typeof body === "object" && body !== null ? body : {};
  return new ApiError(response.status, problem, retryAfter(response.headers));
}

function headers({ body, token, ifMatch, idempotencyKey }: Options): Headers {
  const result = new Headers({ Accept: "application/json" });
  if (body instanceof Blob) {
    result.set("Content-Type", body.type || "application/octet-stream");
  } else if (body !== undefined && !(body instanceof URLSearchParams)) {
    result.set("Content-Type", "application/json");
  }
  if (idempotencyKey) result.set("Idempotency-Key", idempotencyKey);
  if (token) result.set("Authorization", `Bearer ${token}`);
  if (ifMatch !== undefined) result.set("If-Match", `"${ifMatch}"`);
  return result;
}

function encoded(body: unknown): BodyInit | null {
  if (body === undefined) return null;
  if (body instanceof URLSearchParams || body instanceof Blob) return body;
  return JSON.stringify(body);
}

async function parsed(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function retryAfter(from: Headers): number | null {
  const value = from.get("Retry-After");
  if (!value) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(1, Math.ceil(seconds));
  const until = Date.parse(value);
  return Number.isNaN(until) ? null : Math.max(1, Math.ceil((until - Date.now()) / 1000));
}
