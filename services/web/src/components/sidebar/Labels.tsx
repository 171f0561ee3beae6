import { useSignal } from "@preact/signals";

import { uuid7 } from "../../ids";
import { addLabel, changeLabel, removeLabel } from "../../listChanges";
import { labels } from "../../lists";
import type { Label } from "../../types";
import { pathOf } from "../../views";
import { Confirm } from "../Confirm";
import { Menu } from "../Menu";
import { Dot, Entry } from "./Entry";
import { Group } from "./Group";
import { NameDialog } from "./NameDialog";

type Asked = { kind: "add"; key: string } | { kind: "edit" | "delete"; label: Label };

export function Labels() {
  const asked = useSignal<Asked | null>(null);
  const add = () => (asked.value = { kind: "add", key: uuid7() });
  return (
    <>
      <Group title="Labels" add={{ label: "Add label", run: add }}>
        {labels.value.length === 0 && (
          <p class="muted group-empty">Write @label in a task to make one.</p>
        )}
        <ul>
          {labels.value.map((label) => (
            <li key={label.id}>
              <Entry
                to={pathOf({ kind: "label", name: label.name })}
                label={label.name}
                count={label.tasks_count}
                icon={<Dot color={label.color} />}
              >
                <Menu
                  label={`More for ${label.name}`}
                  items={[
                    {
                      label: "Name and colour…",
                      run: () => (asked.value = { kind: "edit", label }),
                    },
                    {
                      label: "Delete…",
                      danger: true,
                      run: () => (asked.value = { kind: "delete", label }),
                    },
                  ]}
                />
              </Entry>
            </li>
          ))}
        </ul>
      </Group>
      {asked.value && (
        <Dialog key={asked.value.kind} asked={asked.value} onClosed={() => (asked.value = null)} />
      )}
    </>
  );
}

function Dialog({ asked, onClosed }: { asked: Asked; onClosed: () => void }) {
  if (asked.kind === "add") {
    return (
      <NameDialog
        title="New label"
        action={["Add label", "Adding…"]}
        save={(look) => addLabel(look, asked.key)}
        onClosed={onClosed}
      />
    );
  }
  const { label } = asked;
  if (asked.kind === "edit") {
    return (
      <NameDialog
        title="Edit label"
        action={["Save", "Saving…"]}
        name={label.name}
        color={label.color}
        save={(look) => changeLabel(label, look)}
        onClosed={onClosed}
      />
    );
  }
  return (
    <Confirm
      title={`Delete the label “${label.name}”?`}
      action={["Delete label", "Deleting…"]}
      danger
      onConfirm={() => removeLabel(label)}
      onClosed={onClosed}
    >
      {() => <p>It is taken off every task that has it. The tasks stay. This cannot be undone.</p>}
    </Confirm>
  );
}
