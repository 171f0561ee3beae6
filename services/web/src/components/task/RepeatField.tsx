import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { now } from "../../clock";
import { presets } from "../../presets";
import { filled, newRule, written, type Anchor } from "../../recurrence";
import { repeatText } from "../../recurrenceText";
import * as session from "../../session";
import { firstDay, ruleAt, type TaskFields } from "../../taskForm";
import { Field } from "../Field";
import { CustomRepeat } from "./CustomRepeat";

interface Props {
  fields: TaskFields;
  error?: string | undefined;
  elsewhere?: string | undefined;
  /** The rule is about to be sent, so it follows the due time in the form. */
  follows: boolean;
  onChange: (fields: TaskFields) => void;
  /** Comes under the choice. */
  children: ComponentChildren;
}

/** How a task repeats: what its due date suggests, or anything else. */
export function RepeatField({ fields, error, elsewhere, follows, onChange, children }: Props) {
  const zone = session.zone.value;
  const day = firstDay(fields, zone, now.value);
  const suggested = presets(day);
  const rrule = follows ? ruleAt(fields, zone) : fields.rrule;
  const isSuggested = suggested.some(([one]) => one === rrule);
  const custom = useSignal(false);
  const words = rrule && repeatText(rrule);
  const repeat = (changed: string) => onChange({ ...fields, rrule: changed, ruleDay: day });

  function choose(choice: string) {
    custom.value = choice === "custom";
    if (!custom.value) repeat(choice);
    else if (!rrule) repeat(written({ ...filled(newRule("week"), day), every: 2 }));
  }

  return (
    <>
      <Field
        label="Repeats"
        error={error}
        hint={elsewhere ?? (custom.value && words ? `${words}.` : undefined)}
      >
        {(control) => (
          <select
            {...control}
            class="input"
            name="repeat"
            value={custom.value ? "custom" : rrule}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            <option value="">Does not repeat</option>
            {suggested.map(([one, label]) => (
              <option key={one} value={one}>
                {label}
              </option>
            ))}
            {rrule && !isSuggested && <option value={rrule}>{words}</option>}
            <option value="custom">Custom…</option>
          </select>
        )}
      </Field>
      {children}
      {custom.value && <CustomRepeat rrule={rrule} day={day} zone={zone} onChange={repeat} />}
      {rrule && (
        <AnchorField
          anchor={fields.anchor}
          onChange={(anchor) => onChange({ ...fields, anchor })}
        />
      )}
    </>
  );
}

const ANCHORS: [Anchor, string][] = [
  ["schedule", "The schedule"],
  ["completion", "When I complete it"],
];

function AnchorField({ anchor, onChange }: { anchor: Anchor; onChange: (one: Anchor) => void }) {
  return (
    <Field label="Count from">
      {(control) => (
        <select
          {...control}
          class="input"
          name="anchor"
          value={anchor}
          onChange={(event) => onChange(event.currentTarget.value as Anchor)}
        >
          {ANCHORS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
