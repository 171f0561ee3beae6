import * as session from "../../session";
import { Alert } from "../Alert";
import { invalid } from "../forms";
import { Section } from "../Section";
import { TimeField } from "./TimeField";
import { usePreferenceForm } from "./usePreferenceForm";

const FIELDS = ["digest_enabled", "digest_time"];

export function DailyDigest() {
  const form = usePreferenceForm(FIELDS, "Saved the daily digest.", check);
  const { busy, error, message, submit, chosen, change } = form;

  function check() {
    if (chosen.digest_enabled && !chosen.digest_time) throw invalid("digest_time", "Enter a time.");
  }

  return (
    <Section
      title="Daily digest"
      about={
        <>
          One mail a day with what is due today and what is overdue. On days with neither there is
          none. It goes to <strong>{session.user.value?.email}</strong>, and each one has a link
          that turns it off.
        </>
      }
    >
      <form class="stack" noValidate onSubmit={submit}>
        <label class="check">
          <input
            type="checkbox"
            checked={chosen.digest_enabled}
            onChange={({ currentTarget: { checked } }) => change({ digest_enabled: checked })}
          />
          Mail me a digest every day
        </label>
        {chosen.digest_enabled && session.user.value?.email_verified === false && (
          <p class="alert warn">
            Your e-mail address is not confirmed yet. Digests come once it is: open the link in the
            mail we sent you.
          </p>
        )}
        {chosen.digest_enabled && (
          <div class="times">
            <TimeField
              label="At"
              name="digest_time"
              value={chosen.digest_time}
              error={error?.fields.digest_time}
              onChange={(digest_time) => change({ digest_time })}
            />
          </div>
        )}
        <Alert>{message || error?.fields.digest_enabled}</Alert>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Saving…" : "Save digest"}
          </button>
        </div>
      </form>
    </Section>
  );
}
