import { offsetText } from "../../time";
import { Alert } from "../Alert";
import { ChannelsField } from "../ChannelsField";
import { Field } from "../Field";
import { Section } from "../Section";
import { TimeField } from "./TimeField";
import { usePreferenceForm } from "./usePreferenceForm";

const FIELDS = ["default_channels", "default_reminder_minutes", "all_day_time"];
const OFFSETS = [0, 5, 10, 15, 30, 60, 1440];

export function ReminderDefaults() {
  const { busy, error, message, submit, chosen, change } = usePreferenceForm(
    FIELDS,
    "Saved how you are reminded.",
  );
  const minutes = chosen.default_reminder_minutes;
  const offsets = minutes === null || OFFSETS.includes(minutes) ? OFFSETS : [...OFFSETS, minutes];
  return (
    <Section
      title="Reminders"
      about="What new reminders start from. Each one can be given its own channels and time."
    >
      <form class="stack" noValidate onSubmit={submit}>
        <ChannelsField
          legend="Remind me by"
          chosen={chosen.default_channels}
          error={error?.fields.default_channels}
          onChange={(default_channels) => change({ default_channels })}
        />
        <div class="grid two">
          <Field
            label="Reminder for new tasks with a time"
            error={error?.fields.default_reminder_minutes}
          >
            {(control) => (
              <select
                {...control}
                class="input"
                name="default_reminder"
                value={minutes ?? ""}
                onChange={({ currentTarget: { value } }) =>
                  change({ default_reminder_minutes: value === "" ? null : Number(value) })
                }
              >
                <option value="">None</option>
                {offsets.map((one) => (
                  <option key={one} value={one}>
                    {offsetText(one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <TimeField
            label="Time for all-day tasks"
            hint="Their reminders count from this time of the day."
            name="all_day_time"
            value={chosen.all_day_time}
            error={error?.fields.all_day_time}
            onChange={(all_day_time) => change({ all_day_time })}
          />
        </div>
        <Alert>{message}</Alert>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Saving…" : "Save reminders"}
          </button>
        </div>
      </form>
    </Section>
  );
}
