import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { uuid7 } from "../ids";
import { addFilter, keepInFilter } from "../listChanges";
import { filterOf, labels, lists } from "../lists";
import { PRIORITIES } from "../taskForm";
import { ask, params, query, showAll, view } from "../tasks";
import type { SavedFilter } from "../types";
import { differs, DUES, isNarrowed, type Query } from "../views";
import { Alert } from "./Alert";
import { Field } from "./Field";
import { NameDialog } from "./sidebar/NameDialog";
import { useAction } from "./useAction";

/** What narrows the view beside its state and the search. */
export function FilterPanel() {
  const saving = useSignal<string | null>(null);
  const { kind } = view.value;
  const filter = view.value.kind === "filter" ? filterOf(view.value.id) : undefined;
  const dated = kind === "today" || kind === "upcoming";
  return (
    <div id="filter-panel" class="card filter-panel" role="group" aria-label="Filter">
      <Choice label="Priority" name="priority" any="Any priority">
        {PRIORITIES.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </Choice>
      {kind !== "list" && (
        <Choice label="List" name="list" any="Any list">
          {lists.value.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
      )}
      <Choice label="Label" name="label" any="Any label">
        {labels.value.map(({ id, name }) => (
          <option key={id} value={name}>
            {name}
          </option>
        ))}
      </Choice>
      {!dated && (
        <Choice label="Due" name="due" any="Any date">
          {DUES.filter(([key]) => key).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </Choice>
      )}
      <div class="actions wide">
        {filter && differs(view.value, query.value, filter) && <SaveChanges filter={filter} />}
        {kind !== "trash" && (
          <button type="button" class="button small" onClick={() => (saving.value = uuid7())}>
            Save as filter…
          </button>
        )}
        {isNarrowed(query.value) && (
          <button type="button" class="button quiet small" onClick={showAll}>
            Clear
          </button>
        )}
      </div>
      {saving.value && (
        <NameDialog
          title="Save as filter"
          action={["Save", "Saving…"]}
          plain
          save={({ name }) => addFilter(name, params.peek(), saving.value ?? uuid7())}
          onClosed={() => (saving.value = null)}
        />
      )}
    </div>
  );
}

function SaveChanges({ filter }: { filter: SavedFilter }) {
  const { busy, message, run } = useAction(async () => {
    await keepInFilter(filter, params.peek());
    // The button is gone with what was to be saved.
    document.querySelector<HTMLElement>("#filter-panel select")?.focus();
  });
  return (
    <>
      <button
        type="button"
        class="button primary small"
        aria-disabled={busy}
        onClick={() => void run()}
      >
        {busy ? "Saving…" : `Save changes to “${filter.name}”`}
      </button>
      <Alert>{message}</Alert>
    </>
  );
}

interface ChoiceProps {
  label: string;
  name: "priority" | "list" | "label" | "due";
  any: string;
  children: ComponentChildren;
}

function Choice({ label, name, any, children }: ChoiceProps) {
  return (
    <Field label={label}>
      {(control) => (
        <select
          {...control}
          class="input"
          value={query.value[name]}
          onChange={(event) => {
            const value = event.currentTarget.value;
            ask({ [name]: value } as Partial<Query>);
          }}
        >
          <option value="">{any}</option>
          {children}
        </select>
      )}
    </Field>
  );
}
