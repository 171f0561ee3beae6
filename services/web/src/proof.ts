/**
 * Some things take a password that was given lately. When the API says so it is asked for, and the
 * request is made once more.
 */

import { signal } from "@preact/signals";

import { ApiError } from "./problem";

/** The dialog that asks; it calls `done`, with whether the password was given. */
export const asking = signal<{ done: (given: boolean) => void } | null>(null);

/** Buttons pressed one soon after the other wait for the same answer. */
let answer: Promise<boolean> | null = null;

export async function withProof<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "reauthentication_required")) throw error;
  }
  if (!(await (answer ??= ask()))) {
    throw new ApiError(403, { detail: "This takes your password, so nothing was done." });
  }
  return request();
}

function ask(): Promise<boolean> {
  return new Promise((resolve) => {
    asking.value = {
      done: (given) => {
        asking.value = null;
        answer = null;
        resolve(given);
      },
    };
  });
}
