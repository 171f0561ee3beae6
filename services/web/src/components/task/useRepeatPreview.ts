import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { listOccurrences, previewRecurrence } from "../../api";
import { ApiError, explain } from "../../problem";
import type { Occurrence, RecurrencePreview } from "../../types";

const PAUSE_MS = 350;
const SHOWN = 5;

/** The dates of a task as it is saved, or of a rule as it is being made. */
export type Asked =
  | { task: string; version: number }
  | { rule: Omit<RecurrencePreview, "limit"> };

interface Preview {
  /** The question these are the answer to. */
  of: string;
  dates: Occurrence[];
  message: string;
}

const NONE: Preview = { of: "", dates: [], message: "" };

/**
 * The next dates. Asks when nothing changed for a moment; only the answer to the last question
 * counts. Until it is there the dates of the one before stay, as `stale`.
 */
export function useRepeatPreview(asked: Asked | null): Preview & { stale: boolean } {
  const key = asked ? JSON.stringify(asked) : "";
  const shown = useSignal(NONE);
  useEffect(() => {
    if (!key) return;
    const question = JSON.parse(key) as Asked;
    const abort = new AbortController();
    const answered = (answer: Partial<Preview>) => {
      if (!abort.signal.aborted) shown.value = { ...NONE, of: key, ...answer };
    };
    const timer = setTimeout(() => {
      fetchDates(question, abort.signal).then(
        (dates) => answered({ dates }),
        (error: unknown) => answered({ message: messageOf(error) }),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  return key ? { ...shown.value, stale: shown.value.of !== key } : { ...NONE, stale: false };
}

function fetchDates(question: Asked, signal: AbortSignal): Promise<Occurrence[]> {
  return "task" in question
    ? listOccurrences(question.task, SHOWN)
    : previewRecurrence({ ...question.rule, limit: SHOWN }, signal);
}

function messageOf(error: unknown): string {
  const about = error instanceof ApiError ? Object.values(error.fields)[0] : undefined;
  return about ?? explain(error);
}
