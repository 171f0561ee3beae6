import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { updateMe } from "../../account";
import { tell } from "../../notices";
import { localesWith, patchOf, profileOf, WEEK_STARTS } from "../../profile";
import type { User } from "../../types";
import { Alert } from "../Alert";
import { SelectField, TextField } from "../Field";
import { Section } from "../Section";
import { useSubmit } from "../useSubmit";
import { ZoneField } from "../ZoneField";

const FIELDS = ["name", "time_zone", "locale", "week_start"];

export function Profile({ user }: { user: User }) {
  const base = useRef(profileOf(user));
  const name = useSignal(base.current.name);
  const zone = useSignal(base.current.time_zone);
  const locale = useSignal(base.current.locale);
  const weekStart = useSignal<string>(base.current.week_start);
  const { busy, error, message, submit } = useSubmit(FIELDS, async () => {
    const changes = patchOf(base.current, {
      name: name.value,
      time_zone: zone.value,
      locale: locale.value,
      week_start: weekStart.value,
    });
    if (Object.keys(changes).length > 0) base.current = profileOf(await updateMe(changes));
    name.value = base.current.name;
    tell("Profile saved.");
  });
  return (
    <Section title="Profile">
      <form class="stack" noValidate onSubmit={submit}>
        <div class="grid two">
          <TextField
            label="Name"
            note="optional"
            name="name"
            autocomplete="name"
            value={name}
            error={error?.fields.name}
          />
          <ZoneField value={zone} error={error?.fields.time_zone} />
          <SelectField
            label="Language"
            hint="How dates and times are written."
            name="locale"
            value={locale}
            options={localesWith(base.current.locale)}
            error={error?.fields.locale}
          />
          <SelectField
            label="Weeks begin on"
            name="week_start"
            value={weekStart}
            options={WEEK_STARTS}
            error={error?.fields.week_start}
          />
        </div>
        <Alert>{message}</Alert>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Saving…" : "Save profile"}
          </button>
        </div>
      </form>
    </Section>
  );
}
