import { ApiError } from "../problem";

/** An error found on this side, shown just like one of the server. */
export function invalid(field: string, message: string): ApiError {
  return new ApiError(422, { detail: message, errors: [{ field, message }] });
}

/** A half-typed date reads as empty; only the browser knows that it is not. */
export function unfinishedDate(form: HTMLFormElement, name: string): boolean {
  const input = form.elements.namedItem(name);
  return input instanceof HTMLInputElement && input.validity.badInput;
}
