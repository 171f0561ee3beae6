import { useSignal } from "@preact/signals";

import { exportTasks } from "../../api";
import { now } from "../../clock";
import { save } from "../../files";
import { importName, isOver, progressText } from "../../imports";
import { load as loadLists } from "../../lists";
import { tell } from "../../notices";
import { deleteImport, listImports } from "../../organizing";
import * as session from "../../session";
import { agoText, dateIn } from "../../time";
import type { Import } from "../../types";
import { Confirm } from "../Confirm";
import { ListFrame } from "../ListFrame";
import { Section } from "../Section";
import { useAction } from "../useAction";
import { useList } from "../useList";
import { Counts, ImportReport } from "./ImportReport";
import { NewImport } from "./NewImport";

export function ImportExport() {
  const list = useList(listImports);
  const asked = useSignal<Import | null>(null);
  function changed() {
    void list.load();
    void loadLists();
  }
  return (
    <Section
      title="Import and export"
      about={
        <>
          Bring your tasks along from elsewhere, or take them with you. What you import twice is
          here once.
        </>
      }
    >
      <NewImport onChanged={changed} />
      {(list.items === null || list.items.length > 0) && (
        <div class="subsection">
          <h3>Imports</h3>
          <ListFrame list={list} empty="">
            {(one) => (
              <Earlier
                key={one.id}
                one={one}
                onChanged={changed}
                onForget={() => (asked.value = one)}
              />
            )}
          </ListFrame>
        </div>
      )}
      <Downloads />
      {asked.value && (
        <Forget
          one={asked.value}
          onForgotten={({ id }) => list.remove((one) => one.id === id)}
          onClosed={() => (asked.value = null)}
        />
      )}
    </Section>
  );
}

interface ForgetProps {
  one: Import;
  onForgotten: (one: Import) => void;
  onClosed: () => void;
}

function Forget({ one, onForgotten, onClosed }: ForgetProps) {
  const over = isOver(one);
  return (
    <Confirm
      title={`${over ? "Forget" : "Stop"} “${importName(one)}”?`}
      action={over ? ["Forget it", "Forgetting…"] : ["Stop it", "Stopping…"]}
      danger
      onConfirm={async () => {
        await deleteImport(one.id);
        onForgotten(one);
        tell(over ? "Forgotten." : "Stopped.");
      }}
      onClosed={onClosed}
    >
      {() => <p>Its report is deleted. The tasks it brought{over ? "" : " so far"} stay.</p>}
    </Confirm>
  );
}

interface EarlierProps {
  one: Import;
  onChanged: () => void;
  onForget: () => void;
}

function Earlier({ one, onChanged, onForget }: EarlierProps) {
  const open = useSignal(false);
  const name = importName(one);
  if (open.value) {
    return (
      <li class="row">
        <div class="row-body">
          <ImportReport
            begun={one}
            busy={false}
            onOver={onChanged}
            onClose={() => (open.value = false)}
          />
        </div>
      </li>
    );
  }
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{name}</strong> {one.dry_run && <span class="badge">only tried</span>}
        </p>
        {one.state === "done" && one.total !== 0 ? (
          <Counts of={one} />
        ) : (
          <p class="muted">{progressText(one)}</p>
        )}
        <p class="muted">Sent {agoText(one.created_at, session.zone.value, now.value)}</p>
      </div>
      <div class="actions">
        <button
          type="button"
          class="button small"
          aria-label={`Show ${name}`}
          onClick={() => (open.value = true)}
        >
          Show
        </button>
        <button
          type="button"
          class="button small"
          aria-label={`${isOver(one) ? "Forget" : "Stop"} ${name}`}
          onClick={onForget}
        >
          {isOver(one) ? "Forget" : "Stop"}
        </button>
      </div>
    </li>
  );
}

function Downloads() {
  return (
    <div class="subsection">
      <h3>Export</h3>
      <p class="muted">
        All your tasks with their lists and labels. The JSON file can be imported again; the CSV
        file is for spreadsheets.
      </p>
      <div class="actions">
        <Download format="json" label="Export as JSON" />
        <Download format="csv" label="Export as CSV" />
      </div>
    </div>
  );
}

function Download({ format, label }: { format: "json" | "csv"; label: string }) {
  const { busy, message, run } = useAction(async () => {
    const day = dateIn(session.zone.peek(), Date.now());
    save(await exportTasks(format), `taskbell-tasks-${day}.${format}`);
  });
  return (
    <>
      <button type="button" class="button" aria-disabled={busy} onClick={() => void run()}>
        {busy ? "Fetching…" : label}
      </button>
      {message && (
        <span class="field-error" role="alert">
          {message}
        </span>
      )}
    </>
  );
}
