import { useSignal } from "@preact/signals";

import { filters, openLists } from "../../lists";
import { createFeed } from "../../organizing";
import { withProof } from "../../proof";
import type { NewFeed as Body } from "../../types";
import { Alert } from "../Alert";
import { Field, TextField } from "../Field";
import { invalid } from "../forms";
import { useSubmit } from "../useSubmit";

const FIELDS = ["name", "list_id", "filter_id"];

interface Props {
  onMade: (made: { name: string; url: string }) => void;
  onCancel: () => void;
}

export function NewFeed({ onMade, onCancel }: Props) {
  const name = useSignal("");
  /** "" all, or `list …`, or `filter …` */
  const which = useSignal("");
  const alarms = useSignal(true);
  const { busy, error, message, submit } = useSubmit(FIELDS, async () => {
    const named = name.value.trim();
    if (!named) throw invalid("name", "Give it a name, such as the calendar that will use it.");
    const feed = { name: named, alarms: alarms.value, ...chosen(which.value) };
    const { url } = await withProof(() => createFeed(feed));
    onMade({ name: named, url });
  });
  return (
    <form class="stack" aria-label="New calendar feed" noValidate onSubmit={submit}>
      <div class="grid two">
        <TextField
          label="Name"
          hint="The calendar that will use it, such as “Phone”."
          name="feed-name"
          autocomplete="off"
          value={name}
          error={error?.fields.name}
          focused
        />
        <Field label="Shows" error={error?.fields.list_id ?? error?.fields.filter_id}>
          {(control) => (
            <select
              {...control}
              class="input"
              name="feed-which"
              value={which.value}
              onChange={(event) => (which.value = event.currentTarget.value)}
            >
              <option value="">All tasks</option>
              <Group label="Lists" kind="list" items={openLists.value} />
              <Group label="Saved filters" kind="filter" items={filters.value} />
            </select>
          )}
        </Field>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={alarms.value}
          onChange={(event) => (alarms.value = event.currentTarget.checked)}
        />
        With alarms: the calendar reminds you too
      </label>
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Making…" : "Make the feed"}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface GroupProps {
  label: string;
  kind: string;
  items: { id: string; name: string }[];
}

function Group({ label, kind, items }: GroupProps) {
  if (items.length === 0) return null;
  return (
    <optgroup label={label}>
      {items.map(({ id, name }) => (
        <option key={id} value={`${kind} ${id}`}>
          {name}
        </option>
      ))}
    </optgroup>
  );
}

function chosen(which: string): Partial<Body> {
  const [kind, id] = which.split(" ");
  if (!id) return {};
  return kind === "list" ? { list_id: id } : { filter_id: id };
}
