import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { uuid7 } from "../../ids";
import { refusal, SOURCES, typed } from "../../imports";
import { openLists } from "../../lists";
import { startImport } from "../../organizing";
import type { Import, ImportSource } from "../../types";
import { Alert } from "../Alert";
import { Field, SelectField } from "../Field";
import { invalid } from "../forms";
import { useAction } from "../useAction";
import { useSubmit } from "../useSubmit";
import { ImportReport } from "./ImportReport";

const NAMES = Object.entries(SOURCES).map(([key, { name }]): [string, string] => [key, name]);

/** Choose a file, see what would happen, then let it happen. */
export function NewImport({ onChanged }: { onChanged: () => void }) {
  const source = useSignal<string>("todoist");
  const file = useSignal<File | null>(null);
  const list = useSignal("");
  const tryFirst = useSignal(true);
  const begun = useSignal<Import | null>(null);
  const key = useRef(uuid7());
  /** What is asked for is another deed than what was asked for before. */
  const choice = [source.value, list.value, tryFirst.value, file.value];
  useEffect(() => void (key.current = uuid7()), choice);

  async function start(dryRun: boolean) {
    const wrong = refusal(file.value);
    if (wrong || !file.value) throw invalid("file", wrong);
    const options = {
      source: source.value as ImportSource,
      dry_run: dryRun,
      ...(list.value ? { list_id: list.value } : {}),
    };
    begun.value = await startImport(typed(file.value), options, key.current);
    key.current = uuid7();
    onChanged();
  }

  const { busy, error, message, submit } = useSubmit(["file"], () => start(tryFirst.value));
  const really = useAction(() => start(false));
  const { hint, accept } = SOURCES[source.value as ImportSource];
  return (
    <>
      <form class="stack" aria-label="New import" noValidate onSubmit={submit}>
        <div class="grid two">
          <SelectField label="From" name="source" value={source} options={NAMES} />
          <SelectField
            label="Into"
            name="import-list"
            value={list}
            options={[
              ["", "Lists of the same names"],
              ...openLists.value.map(({ id, name }): [string, string] => [id, name]),
            ]}
          />
          <Field label="File" class="wide" hint={hint} error={error?.fields.file}>
            {(control) => (
              <input
                {...control}
                class="input file"
                name="file"
                type="file"
                accept={accept}
                onChange={(event) => (file.value = event.currentTarget.files?.[0] ?? null)}
              />
            )}
          </Field>
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={tryFirst.value}
            onChange={(event) => (tryFirst.value = event.currentTarget.checked)}
          />
          Try it first: nothing is changed yet
        </label>
        <Alert>{message}</Alert>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Sending…" : tryFirst.value ? "Try it" : "Import"}
          </button>
        </div>
      </form>
      <Alert>{really.message}</Alert>
      {begun.value && (
        <ImportReport
          key={begun.value.id}
          begun={begun.value}
          busy={really.busy}
          onOver={onChanged}
          onClose={() => (begun.value = null)}
          onImport={really.run}
        />
      )}
    </>
  );
}
