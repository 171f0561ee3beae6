import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { PeopleQuery } from "../../admin";

const SHOWN: [PeopleQuery["show"], string][] = [
  ["all", "Everybody"],
  ["admins", "Administrators"],
  ["disabled", "Disabled"],
];
const TYPING_MS = 300;

interface Props {
  query: PeopleQuery;
  onChange: (changes: Partial<PeopleQuery>) => void;
}

export function PeopleFilter({ query, onChange }: Props) {
  const text = useSignal(query.q);

  function look() {
    const q = text.peek().trim();
    if (q !== query.q) onChange({ q });
  }

  useEffect(() => {
    const timer = setTimeout(look, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text.value]);

  return (
    <form
      class="toolbar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        look();
      }}
    >
      <span class="search">
        <input
          class="input"
          type="search"
          aria-label="Search people by name or e-mail"
          placeholder="Search"
          autocomplete="off"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </span>
      <select
        class="input sort"
        aria-label="Show"
        value={query.show}
        onChange={(event) => onChange({ show: event.currentTarget.value as PeopleQuery["show"] })}
      >
        {SHOWN.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    </form>
  );
}
