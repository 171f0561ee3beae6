/** What can go wrong between this page and the API, and how to say it. */

interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: { field: string; message: string }[];
}

/** An answer that is not 2xx, or (status 0) no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly retryAfter: number | null;
  /** First message of each field, by name without `body.`: `title`, `password`… */
  readonly fields: Record<string, string>;

  constructor(status: number, body: ProblemBody = {}, retryAfter: number | null = null) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code ?? "";
    this.requestId = body.request_id ?? null;
    this.retryAfter = retryAfter;
    this.fields = {};
    for (const { field, message } of body.errors ?? []) {
      this.fields[field.replace(/^body\.?/, "")] ??= message;
    }
  }
}

/** True when the same request may work later, without a change to it. */
export function isTemporary(error: unknown): boolean {
  return (
    !(error instanceof ApiError) || [0, 408, 429].includes(error.status) || error.status >= 500
  );
}

/** Something else happened to it meanwhile: what we have of it is old. */
export function isOutOfDate(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 412 || error.code === "occurrence_gone");
}

/** One sentence or two for the person in front of the page. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong on this page. Please try again.";
  switch (error.status) {
    case 0:
      return "Taskbell cannot be reached. Check your connection, then try again.";
    case 429:
      return `Too many requests in a short time. ${later(error.retryAfter)}`;
    case 502:
    case 503:
    case 504:
      return `Taskbell is not available at the moment. ${later(error.retryAfter)}`;
    default:
      return error.status >= 500 ? brokenServer(error) : error.message;
  }
}

/** The messages of fields that `shown` has no place for; they must not get lost. */
export function otherFields(error: ApiError, shown: string[]): string[] {
  return Object.entries(error.fields)
    .filter(([field]) => !shown.includes(field))
    .map(([field, message]) => (field ? `${field}: ${message}` : message));
}

function later(seconds: number | null): string {
  if (seconds === null) return "Please try again in a moment.";
  if (seconds < 90)
    return `Please try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
  return `Please try again in ${Math.ceil(seconds / 60)} minutes.`;
}

function brokenServer(error: ApiError): string {
  const reference = error.requestId ? ` (request ${error.requestId})` : "";
  return `Something went wrong on the server${reference}. Please try again.`;
}
