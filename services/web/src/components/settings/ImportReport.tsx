import { countsOf, importName, isOver, outcomeText, progressText, remarksText } from "../../imports";
import { listImportRows } from "../../organizing";
import type { Import, ImportRow } from "../../types";
import { Alert } from "../Alert";
import { ListFrame } from "../ListFrame";
import { Disclosure } from "../task/Disclosure";
import { useList } from "../useList";
import { useImport } from "./useImport";

interface Props {
  begun: Import;
  onOver: (ended: Import) => void;
  onClose: () => void;
  /** Do what was only tried. Absent when the file is no longer at hand. */
  onImport?: () => Promise<void>;
  busy: boolean;
}

/** How far an import is, then what became of each row. */
export function ImportReport({ begun, onOver, onClose, onImport, busy }: Props) {
  const { newest, message } = useImport(begun, onOver);
  const over = isOver(newest);
  const failed = newest.state === "failed";
  return (
    <div class="report" role="group" aria-label={`Import: ${importName(newest)}`}>
      <p>
        <strong>{importName(newest)}</strong>{" "}
        {newest.dry_run && <span class="badge">only tried</span>}
      </p>
      <p role="status" class={failed ? "field-error" : undefined}>
        {progressText(newest)}
      </p>
      {!over && (
        <progress
          aria-label="Progress"
          {...(newest.total ? { max: newest.total, value: newest.done } : {})}
        />
      )}
      <Alert>{message}</Alert>
      {countsOf(newest).length > 0 && <Counts of={newest} />}
      {over && newest.total !== 0 && !failed && <Rows of={newest} />}
      {over && (
        <div class="actions">
          {onImport && newest.dry_run && newest.created > 0 && (
            <button
              type="button"
              class="button primary"
              aria-disabled={busy}
              onClick={() => void onImport()}
            >
              {busy ? "Sending…" : "Import them now"}
            </button>
          )}
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}

const TONES = { created: "good", duplicate: "", skipped: "warn", failed: "bad" };

export function Counts({ of }: { of: Import }) {
  return (
    <p class="counts">
      {countsOf(of).map(([outcome, , text]) => (
        <span key={outcome} class={`badge ${TONES[outcome]}`}>
          {text}
        </span>
      ))}
    </p>
  );
}

function Rows({ of }: { of: Import }) {
  const list = useList((cursor) => listImportRows(of.id, cursor));
  const remarks = remarksText(list.items ?? [], !list.hasMore);
  return (
    <>
      {remarks && <p>{remarks}</p>}
      <Disclosure label="Row by row">
        <ListFrame list={list} empty="No rows.">
          {(row) => <Row key={row.number} row={row} dryRun={of.dry_run} />}
        </ListFrame>
      </Disclosure>
    </>
  );
}

function Row({ row, dryRun }: { row: ImportRow; dryRun: boolean }) {
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <span class="muted">{row.number}.</span> {row.title}
        </p>
        {row.messages.map((text) => (
          <p key={text} class="muted">
            {text}
          </p>
        ))}
      </div>
      <span class={`badge ${TONES[row.outcome]}`}>{outcomeText(row.outcome, dryRun)}</span>
    </li>
  );
}
