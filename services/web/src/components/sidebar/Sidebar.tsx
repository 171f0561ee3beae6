import { useSignal } from "@preact/signals";

import { changeList } from "../../listChanges";
import { failure, inbox, load, phase } from "../../lists";
import { explain } from "../../problem";
import type { TaskList } from "../../types";
import { pathOf } from "../../views";
import { Alert } from "../Alert";
import { Menu } from "../Menu";
import { Dot, Entry, EntryIcon } from "./Entry";
import { Filters } from "./Filters";
import { Labels } from "./Labels";
import { Lists } from "./Lists";
import { NameDialog } from "./NameDialog";

/** Everywhere tasks can be found. */
export function Sidebar() {
  const first = inbox.value;
  return (
    <nav class="places" aria-label="Lists and views">
      <ul>
        {first && <Inbox list={first} />}
        <li>
          <Entry to="/" label="All tasks" icon={<EntryIcon name="list" />} />
        </li>
        <li>
          <Entry to="/today" label="Today" icon={<EntryIcon name="sun" />} />
        </li>
        <li>
          <Entry to="/upcoming" label="Upcoming" icon={<EntryIcon name="calendar" />} />
        </li>
      </ul>
      {phase.value === "failed" && (
        <Alert>
          {explain(failure.value)}{" "}
          <button type="button" class="link" onClick={() => void load()}>
            Try again
          </button>
        </Alert>
      )}
      {phase.value === "ready" && (
        <>
          <Lists />
          <Labels />
          <Filters />
        </>
      )}
      {phase.value === "loading" && <p class="muted delayed">Loading…</p>}
      <ul>
        <li>
          <Entry to="/trash" label="Trash" icon={<EntryIcon name="trash" />} />
        </li>
      </ul>
    </nav>
  );
}

/** It cannot be moved, archived or deleted. */
function Inbox({ list }: { list: TaskList }) {
  const editing = useSignal(false);
  return (
    <li>
      <Entry
        to={pathOf({ kind: "list", id: list.id })}
        label={list.name}
        count={list.pending_count}
        icon={list.color ? <Dot color={list.color} /> : <EntryIcon name="inbox" />}
      >
        <Menu
          label={`More for ${list.name}`}
          items={[{ label: "Name and colour…", run: () => (editing.value = true) }]}
        />
      </Entry>
      {editing.value && (
        <NameDialog
          title="Edit list"
          action={["Save", "Saving…"]}
          name={list.name}
          color={list.color}
          save={(look) => changeList(list, look)}
          onClosed={() => (editing.value = false)}
        />
      )}
    </li>
  );
}
