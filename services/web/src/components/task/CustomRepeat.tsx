import { useId } from "preact/hooks";

import { filled, isOftenMissing, parse, written, type Rule, type Unit } from "../../recurrence";
import * as session from "../../session";
import { Field } from "../Field";
import { DayOfMonth, DayOfYear, Weekdays } from "./CustomDays";
import { CustomEnd } from "./CustomEnd";
import { NumberInput } from "./NumberInput";

interface Props {
  rrule: string;
  /** The due day: what it says, the rule need not. */
  day: string;
  zone: string;
  onChange: (rrule: string) => void;
}

const UNITS: [Unit, string, string][] = [
  ["day", "day", "days"],
  ["week", "week", "weeks"],
  ["month", "month", "months"],
  ["year", "year", "years"],
];

/** A rule in parts, and as RRULE for what the parts cannot say. */
export function CustomRepeat({ rrule, day, zone, onChange }: Props) {
  const read = parse(rrule, zone);
  const rule = read && filled(read, day);
  const change = (changes: Partial<Rule>) => {
    if (rule) onChange(written({ ...rule, weekStart: weekStart(), ...changes }));
  };
  return (
    <fieldset class="custom wide">
      <legend class="sr-only">Custom repeat</legend>
      {rule ? (
        <>
          <Every rule={rule} onChange={change} />
          {rule.unit === "week" && <Weekdays rule={rule} onChange={change} />}
          {rule.unit === "month" && <DayOfMonth rule={rule} onChange={change} />}
          {rule.unit === "year" && <DayOfYear rule={rule} onChange={change} />}
          {isOftenMissing(rule) && <IfShorter rule={rule} onChange={change} />}
          <CustomEnd end={rule.end} day={day} onChange={(end) => change({ end })} />
        </>
      ) : (
        <p class="muted">This rule says more than there are fields for. Change it as text.</p>
      )}
      <AsText rrule={rrule} open={!rule} onChange={onChange} />
    </fieldset>
  );
}

function weekStart(): Rule["weekStart"] {
  const chosen = session.user.peek()?.week_start;
  return chosen === "sunday" ? "SU" : chosen === "saturday" ? "SA" : "MO";
}

interface PartProps {
  rule: Rule;
  onChange: (changes: Partial<Rule>) => void;
}

function Every({ rule, onChange }: PartProps) {
  const id = useId();
  return (
    <div class="inline">
      <label for={id}>Every</label>
      <NumberInput
        id={id}
        value={rule.every}
        most={999}
        onChange={(every) => onChange({ every })}
      />
      <select
        class="input"
        aria-label="Unit"
        value={rule.unit}
        onChange={(event) => onChange({ unit: event.currentTarget.value as Unit })}
      >
        {UNITS.map(([unit, one, many]) => (
          <option key={unit} value={unit}>
            {rule.every === 1 ? one : many}
          </option>
        ))}
      </select>
    </div>
  );
}

function IfShorter({ rule, onChange }: PartProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={rule.lastIfShorter}
        onChange={(event) => onChange({ lastIfShorter: event.currentTarget.checked })}
      />
      {rule.unit === "month"
        ? "In shorter months on their last day; else they are left out"
        : "In other years on 28 February; else they are left out"}
    </label>
  );
}

interface TextProps {
  rrule: string;
  open: boolean;
  onChange: (rrule: string) => void;
}

function AsText({ rrule, open, onChange }: TextProps) {
  return (
    <details class="disclosure" open={open || undefined}>
      <summary>As text</summary>
      <Field label="Rule" note="RRULE, RFC 5545">
        {(control) => (
          <input
            {...control}
            class="input code"
            name="rrule"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={500}
            value={rrule}
            onChange={(event) => onChange(event.currentTarget.value.trim())}
          />
        )}
      </Field>
    </details>
  );
}
