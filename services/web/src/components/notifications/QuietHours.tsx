import * as session from "../../session";
import { Alert } from "../Alert";
import { invalid } from "../forms";
import { Section } from "../Section";
import { TimeField } from "./TimeField";
import { usePreferenceForm } from "./usePreferenceForm";

const FIELDS = ["quiet_start", "quiet_end"];

export function QuietHours() {
  const form = usePreferenceForm(FIELDS, "Saved your quiet hours.", check);
  const { busy, error, message, submit, chosen, change } = form;
  const { quiet_start, quiet_end } = chosen;
  const on = quiet_start !== null && quiet_end !== null;

  function check() {
    if (!on) return;
    if (!quiet_start) throw invalid("quiet_start", "Enter a time.");
    if (!quiet_end) throw invalid("quiet_end", "Enter a time.");
    if (quiet_start === quiet_end) throw invalid("quiet_end", "Has to differ from the beginning.");
  }

  return (
    <Section
      title="Quiet hours"
      about={
        <>
          E-mail and push wait until they are over, except for urgent tasks. Taskbell itself and
          webhooks get them at once. Times are those of {session.zone.value}.
        </>
      }
    >
      <form class="stack" noValidate onSubmit={submit}>
        <label class="check">
          <input
            type="checkbox"
            checked={on}
            onChange={({ currentTarget: { checked } }) =>
              change(
                checked
                  ? { quiet_start: "22:00", quiet_end: "07:00" }
                  : { quiet_start: null, quiet_end: null },
              )
            }
          />
          Keep quiet every day
        </label>
        {on && (
          <div class="times">
            <TimeField
              label="From"
              name="quiet_start"
              value={quiet_start}
              error={error?.fields.quiet_start}
              onChange={(value) => change({ quiet_start: value, quiet_end })}
            />
            <TimeField
              label="To"
              name="quiet_end"
              hint={quiet_start > quiet_end && quiet_end ? "On the next day." : undefined}
              value={quiet_end}
              error={error?.fields.quiet_end}
              onChange={(value) => change({ quiet_start, quiet_end: value })}
            />
          </div>
        )}
        <Alert>{message}</Alert>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Saving…" : "Save quiet hours"}
          </button>
        </div>
      </form>
    </Section>
  );
}
