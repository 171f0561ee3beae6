import { listDeadJobs, retryJob } from "../../admin";
import { now } from "../../clock";
import { tell } from "../../notices";
import { ApiError } from "../../problem";
import * as session from "../../session";
import { agoText, counted } from "../../time";
import type { Job } from "../../types";
import { ListFrame } from "../ListFrame";
import { Section } from "../Section";
import { useAction } from "../useAction";
import { useList } from "../useList";

export function DeadJobs() {
  const list = useList(listDeadJobs);

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
      <ListFrame list={list} empty="There are none. All is well.">
        {(job) => <Row key={job.id} job={job} onRetry={() => retry(job)} />}
      </ListFrame>
    </Section>
  );
}

function Row({ job, onRetry }: { job: Job; onRetry: () => Promise<void> }) {
  const zone = session.zone.value;
  const { busy, message, run } = useAction(onRetry);
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{job.kind}</strong>
        </p>
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
        aria-label={`Retry ${job.kind}`}
        aria-disabled={busy}
        onClick={() => void run()}
      >
        {busy ? "Retrying…" : "Retry"}
      </button>
    </li>
  );
}
