import { useSignal } from "@preact/signals";

import { tell } from "../../notices";
import { preferences, save } from "../../preferences";
import type { PreferencesPatch } from "../../types";
import { useSubmit } from "../useSubmit";

/** Part of the preferences as it is edited; what is changed elsewhere comes in, except for that. */
export function usePreferenceForm(fields: string[], done: string, check?: () => void) {
  const typed = useSignal<PreferencesPatch>({});
  const form = useSubmit(fields, async () => {
    check?.();
    const sent = typed.peek();
    if (Object.keys(sent).length > 0) await save(sent);
    if (typed.peek() === sent) typed.value = {};
    tell(done);
  });
  return {
    ...form,
    chosen: { ...preferences.value, ...typed.value },
    change: (changes: PreferencesPatch) => (typed.value = { ...typed.peek(), ...changes }),
  };
}
