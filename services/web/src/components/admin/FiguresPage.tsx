import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { figures } from "../../admin";
import { groupsOf } from "../../figures";
import type { Figures } from "../../types";
import { Alert } from "../Alert";
import { Section } from "../Section";
import { useAction } from "../useAction";

export function FiguresPage() {
  const read = useSignal<Figures | null>(null);
  const { busy, message, run } = useAction(async () => {
    read.value = await figures();
  });
  useEffect(() => void run(), []);
  return (
    <Section title="Figures">
      <Alert>{message}</Alert>
      <div class="figures">
        {read.value &&
          groupsOf(read.value).map(({ title, rows }) => (
            <div key={title}>
              <h3>{title}</h3>
              <dl>
                {rows.map(([label, value]) => (
                  <div key={label} class="figure">
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
      </div>
      <div class="actions">
        <button type="button" class="button small" aria-disabled={busy} onClick={() => void run()}>
          {busy ? "Counting…" : "Count again"}
        </button>
      </div>
    </Section>
  );
}
