import { useSignal } from "@preact/signals";

import { uuid7 } from "../../ids";
import { addList, changeList, placeList, setArchived, trashList } from "../../listChanges";
import { archivedLists, openLists } from "../../lists";
import { tell } from "../../notices";
import type { TaskList } from "../../types";
import { pathOf } from "../../views";
import { Confirm } from "../Confirm";
import { Icon } from "../Icon";
import { Menu, type MenuItem } from "../Menu";
import { useReorder, type Reorder } from "../useReorder";
import { Dot, Entry } from "./Entry";
import { Group } from "./Group";
import { NameDialog } from "./NameDialog";

type Asked =
  | { kind: "add"; id: string }
  | { kind: "edit" | "delete"; list: TaskList };

export function Lists() {
  const asked = useSignal<Asked | null>(null);
  const own = openLists.value.filter(({ is_inbox }) => !is_inbox);
  const reorder = useReorder({ siblings: () => own.map(({ id }) => id), move: placeList });
  const ask = (next: Asked) => (asked.value = next);
  const close = () => (asked.value = null);

  return (
    <>
      <Group title="Lists" add={{ label: "Add list", run: () => ask({ kind: "add", id: uuid7() }) }}>
        {own.length === 0 && <p class="muted group-empty">Group tasks by what they are for.</p>}
        <ul data-sort-frame>
          {own.map((list) => (
            <ListEntry key={list.id} list={list} reorder={reorder} ask={ask} />
          ))}
        </ul>
        <p class="sr-only" role="status">
          {reorder.spoken.value}
        </p>
      </Group>
      {archivedLists.value.length > 0 && (
        <Group title="Archived" closed>
          <ul>
            {archivedLists.value.map((list) => (
              <ListEntry key={list.id} list={list} ask={ask} />
            ))}
          </ul>
        </Group>
      )}
      {asked.value && <Dialog key={asked.value.kind} asked={asked.value} onClosed={close} />}
    </>
  );
}

interface EntryProps {
  list: TaskList;
  reorder?: Reorder;
  ask: (asked: Asked) => void;
}

function ListEntry({ list, reorder, ask }: EntryProps) {
  const { id, name } = list;

  function step(by: 1 | -1) {
    if (!reorder?.step(id, by)) tell(`“${name}” is at the ${by < 0 ? "top" : "bottom"} already.`);
  }

  const items: MenuItem[] = [
    { label: "Name and colour…", run: () => ask({ kind: "edit", list }) },
    ...(reorder
      ? [
          { label: "Move up", run: () => step(-1) },
          { label: "Move down", run: () => step(1) },
        ]
      : []),
    {
      label: list.archived ? "Take out of the archive" : "Archive",
      run: () => void setArchived(list, !list.archived),
    },
    { label: "Delete…", danger: true, run: () => ask({ kind: "delete", list }) },
  ];
  return (
    <li
      data-sort={id}
      class={`sortable ${reorder?.look(id) ?? ""}`}
      onKeyDown={(event) => reorder?.keys(event, id)}
    >
      <Entry
        to={pathOf({ kind: "list", id })}
        label={name}
        count={list.pending_count}
        icon={<Dot color={list.color} />}
      >
        {reorder && (
          <span
            class="grip"
            title="Drag to move"
            aria-hidden="true"
            onPointerDown={(event) => reorder.start(event, id)}
          >
            <Icon name="grip" />
          </span>
        )}
        <Menu label={`More for ${name}`} items={items} />
      </Entry>
    </li>
  );
}

function Dialog({ asked, onClosed }: { asked: Asked; onClosed: () => void }) {
  if (asked.kind === "add") {
    return (
      <NameDialog
        title="New list"
        action={["Add list", "Adding…"]}
        save={(look) => addList(asked.id, look)}
        onClosed={onClosed}
      />
    );
  }
  const { list } = asked;
  if (asked.kind === "edit") {
    return (
      <NameDialog
        title="Edit list"
        action={["Save", "Saving…"]}
        name={list.name}
        color={list.color}
        save={(look) => changeList(list, look)}
        onClosed={onClosed}
      />
    );
  }
  return (
    <Confirm
      title={`Delete “${list.name}”?`}
      action={["Delete list", "Deleting…"]}
      danger
      onConfirm={() => trashList(list)}
      onClosed={onClosed}
    >
      {() => (
        <p>
          The list and its tasks go to the trash together. There they can be brought back for 30
          days.
        </p>
      )}
    </Confirm>
  );
}
