import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { ask, query, SORTS } from "../tasks";

const STATUSES = [
  ["all", "All"],
  ["pending", "Pending"],
  ["completed", "Completed"],
] as const;

const TYPING_MS = 300;

export function Toolbar() {
  const { status, sort } = query.value;
  return (
    <div class="toolbar">
      <div class="segments" role="group" aria-label="Show tasks">
        {STATUSES.map(([key, label]) => (
          <button
            type="button"
            key={key}
            class="segment"
            aria-pressed={status === key}
            onClick={() => status !== key && ask({ status: key })}
          >
            {label}
          </button>
        ))}
      </div>
      <Search />
      <select
        class="input sort"
        aria-label="Sort by"
        value={sort}
        onChange={(event) => ask({ sort: event.currentTarget.value })}
      >
        {SORTS.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

function Search() {
  const input = useRef<HTMLInputElement>(null);
  const text = useSignal(query.peek().q);
  const wanted = query.value.q;
  useEffect(() => {
    // Cleared from elsewhere, such as "Show all".
    if (wanted !== text.peek().trim()) text.value = wanted;
  }, [wanted, text]);
  useEffect(() => {
    const timer = setTimeout(look, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  useEffect(() => {
    addEventListener("keydown", jump);
    return () => removeEventListener("keydown", jump);
  }, []);

  function look() {
    const q = text.peek().trim();
    if (q !== query.peek().q) ask({ q });
  }

  function jump(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, textarea, select, dialog[open]")) return;
    event.preventDefault();
    input.current?.focus();
    input.current?.select();
  }

  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        look();
      }}
    >
      <input
        ref={input}
        class="input"
        type="search"
        aria-label="Search tasks"
        aria-keyshortcuts="/"
        placeholder="Search"
        title="Press / to search"
        enterkeyhint="search"
        autocomplete="off"
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          text.value = "";
          event.currentTarget.blur();
        }}
      />
    </form>
  );
}
