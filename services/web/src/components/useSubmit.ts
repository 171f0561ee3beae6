import { useSignal } from "@preact/signals";

import { ApiError, explain, otherFields } from "../problem";

/**
 * A form that is being sent: once at a time, with the answer's errors. `shown` names the fields
 * that show their own error; the rest ends up in `message`. What was typed is never touched.
 */
export function useSubmit(shown: string[], work: (form: HTMLFormElement) => Promise<void>) {
  const busy = useSignal(false);
  const failure = useSignal<unknown>(null);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await work(form);
    } catch (error) {
      failure.value = error;
      // After the errors are on the page.
      requestAnimationFrame(() => focusFirstError(form));
    } finally {
      busy.value = false;
    }
  }

  const error = failure.value instanceof ApiError ? failure.value : null;
  return { busy: busy.value, error, failure, message: messageOf(failure.value, shown), submit };
}

function messageOf(failure: unknown, shown: string[]): string {
  if (failure === null) return "";
  if (!(failure instanceof ApiError)) return explain(failure);
  if (Object.keys(failure.fields).length === 0) return explain(failure);
  return otherFields(failure, shown).join(" ");
}

function focusFirstError(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}
