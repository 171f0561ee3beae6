import { useSignal } from "@preact/signals";

import { changeFilter, removeFilter } from "../../listChanges";
import { filters } from "../../lists";
import { complain } from "../../notices";
import { explain } from "../../problem";
import type { SavedFilter } from "../../types";
import { pathOf } from "../../views";
import { Menu } from "../Menu";
import { Entry, EntryIcon } from "./Entry";
import { Group } from "./Group";
import { NameDialog } from "./NameDialog";

/** Filters are made from the toolbar. */
export function Filters() {
  const renamed = useSignal<SavedFilter | null>(null);
  if (filters.value.length === 0) return null;

  return (
    <>
      <Group title="Filters">
        <ul>
          {filters.value.map((filter) => (
            <li key={filter.id}>
              <Entry
                to={pathOf({ kind: "filter", id: filter.id })}
                label={filter.name}
                icon={<EntryIcon name="filter" />}
              >
                <Menu
                  label={`More for ${filter.name}`}
                  items={[
                    { label: "Rename…", run: () => (renamed.value = filter) },
                    { label: "Delete", danger: true, run: () => void remove(filter) },
                  ]}
                />
              </Entry>
            </li>
          ))}
        </ul>
      </Group>
      {renamed.value && (
        <NameDialog
          title="Rename filter"
          action={["Save", "Saving…"]}
          name={renamed.value.name}
          plain
          save={({ name }) => changeFilter(renamed.value as SavedFilter, { name })}
          onClosed={() => (renamed.value = null)}
        />
      )}
    </>
  );
}

async function remove(filter: SavedFilter) {
  try {
    await removeFilter(filter);
  } catch (error) {
    complain(`Could not delete “${filter.name}”. ${explain(error)}`);
  }
}
