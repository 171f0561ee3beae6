import { useSignal } from "@preact/signals";

import { choosing, start, stop } from "../selection";
import { ask, query, view } from "../tasks";
import { isNarrowed, SORTS } from "../views";
import { FilterPanel } from "./FilterPanel";
import { Icon } from "./Icon";
import { Search } from "./Search";

const STATUSES = [
  ["all", "All"],
  ["pending", "Pending"],
  ["completed", "Completed"],
] as const;

export function Toolbar() {
  const { status, sort } = query.value;
  const filtering = useSignal(isNarrowed({ ...query.value, q: "" }));
  const { kind } = view.value;
  const sorts = SORTS.filter(([key]) => key !== "position" || kind === "list");
  return (
    <>
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
          {sorts.map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="button square tool"
          aria-label="Filter"
          title="Filter"
          aria-expanded={filtering.value}
          aria-controls="filter-panel"
          onClick={() => (filtering.value = !filtering.value)}
        >
          <Icon name="filter" />
        </button>
        <button
          type="button"
          class="button square tool"
          aria-label="Select several"
          data-select-many
          title="Select several"
          aria-pressed={choosing.value}
          onClick={() => (choosing.value ? stop() : start())}
        >
          <Icon name="select" />
        </button>
      </div>
      {filtering.value && <FilterPanel />}
    </>
  );
}
