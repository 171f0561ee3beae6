import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask, query } from "../tasks";

const TYPING_MS = 300;

export function Search() {
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

  function look() {
    const q = text.peek().trim();
    if (q !== query.peek().q) ask({ q });
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
        class="input"
        type="search"
        name="search"
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
