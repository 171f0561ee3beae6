import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { figures, listDeadJobs, retryJob, retryKind } from "../../admin";
import { now } from "../../clock";
import { kindText, reasonText } from "../../jobs";
import { tell } from "../../notices";
import { ApiError } from "../../problem";
import * as session from "../../session";
import { agoText, counted } from "../../time";
import type { Figures, Job } from "../../types";
import { Confirm } from "../Confirm";
import { ListFrame } from "../ListFrame";
import { Section } from "../Section";
import { useAction } from "../useAction";
import { useList } from "../useList";

export function DeadJobs() {
  const list = useList(listDeadJobs);
  const asked = useSignal<string | null>(null);
  const kinds = useSignal<[kind: string, count: number][]>([]);
  useEffect(() => void count(), []);

  async function count() {
    const { dead_jobs } = await figures().catch((): Figures => ({}));
    const counts = typeof dead_jobs === "object" && dead_jobs !== null ? dead_jobs : {};
    kinds.value = Object.entries(counts).map(([kind, dead]) => [kind, dead ?? 0]);
  }

  async function look() {
    await Promise.all([list.load(), count()]);
  }

  async function retry(job: Job) {
    try {
      await retryJob(job.id);
      tell("The job is tried again.");
    } catch (error) {
      // Somebody else was quicker, or it is gone: either way it is not dead any more.
      const over = error instanceof ApiError && [404, 409].includes(error.status);
      if (!over) throw error;
      tell("This job was not dead any more.");
    }
    list.remove(({ id }) => id === job.id);
    void count();
  }

  async function retryAll(kind: string) {
    const { retried, left } = await retryKind(kind);
    const rest = left > 0 ? ` ${counted(left, "job")} of this kind left: retry them next.` : "";
    tell(`Trying ${counted(retried, "job")} again.${rest}`);
    await look();
  }

  return (
    <Section
      title="Dead jobs"
      about={
        <>
          Work that was given up: it failed as often as it is tried. See to the cause, then try it
          again.
        </>
      }
    >
      <div class="actions">
        {kinds.value.map(([kind, dead]) => (
          <button
            key={kind}
            type="button"
            class="button small"
            onClick={() => (asked.value = kind)}
          >
            Retry all {dead}: {kindText(kind)}
          </button>
        ))}
        <button
          type="button"
          class="button quiet small push"
          aria-disabled={list.busy}
          onClick={() => void look()}
        >
          {list.busy ? "Looking…" : "Look again"}
        </button>
      </div>
      <ListFrame list={list} empty="There are none. All is well.">
        {(job) => <Row key={job.id} job={job} onRetry={() => retry(job)} />}
      </ListFrame>
      {asked.value && (
        <Confirm
          title="Try all of them again?"
          action={["Retry all", "Retrying…"]}
          onConfirm={() => retryAll(asked.value as string)}
          onClosed={() => (asked.value = null)}
        >
          {() => (
            <p>
              All dead jobs of the kind “{kindText(asked.value ?? "")}” run again, also those that
              are not shown here. What is no longer wanted by then is not sent.
            </p>
          )}
        </Confirm>
      )}
    </Section>
  );
}

function Row({ job, onRetry }: { job: Job; onRetry: () => Promise<void> }) {
  const zone = session.zone.value;
  const { busy, message, run } = useAction(onRetry);
  const name = kindText(job.kind);
  const reason = reasonText(job);
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{name}</strong> {name !== job.kind && <code>{job.kind}</code>}
        </p>
        {reason && <p>{reason}</p>}
        {job.last_error && <pre class="error-text">{job.last_error}</pre>}
        <p class="facts">
          <span>{counted(job.attempts, "attempt")}</span>
          {job.crashes > 0 && <span>{counted(job.crashes, "crash", "crashes")}</span>}
          <span>Made {agoText(job.created_at, zone, now.value)}</span>
          {job.finished_at && <span>Given up {agoText(job.finished_at, zone, now.value)}</span>}
          {job.request_id && <span>Request {job.request_id}</span>}
        </p>
        {message && (
          <p class="field-error" role="alert">
            {message}
          </p>
        )}
      </div>
      <button
        type="button"
        class="button small"
        aria-label={`Retry ${name}`}
        aria-disabled={busy}
        onClick={() => void run()}
      >
        {busy ? "Retrying…" : "Retry"}
      </button>
    </li>
  );
}
