import type { End } from "../../recurrence";
import { NumberInput } from "./NumberInput";

interface Props {
  end: End;
  /** The due day: nothing ends before it began. */
  day: string;
  onChange: (end: End) => void;
}

const KINDS: [End["kind"], string][] = [
  ["never", "Never"],
  ["on", "On a date"],
  ["after", "After a number of times"],
];
const TIMES = 10;

export function CustomEnd({ end, day, onChange }: Props) {
  function choose(kind: End["kind"]) {
    if (kind === "on") onChange({ kind, date: nextYear(day) });
    else if (kind === "after") onChange({ kind, times: TIMES });
    else onChange({ kind: "never" });
  }
  return (
    <div class="inline">
      <span>Ends</span>
      <select
        class="input"
        aria-label="Ends"
        value={end.kind}
        onChange={(event) => choose(event.currentTarget.value as End["kind"])}
      >
        {KINDS.map(([kind, label]) => (
          <option key={kind} value={kind}>
            {label}
          </option>
        ))}
      </select>
      {end.kind === "on" && (
        <input
          class="input"
          type="date"
          aria-label="Last day"
          min={day}
          max="9999-12-31"
          value={end.date}
          onInput={(event) => {
            const date = event.currentTarget.value;
            if (date) onChange({ kind: "on", date });
          }}
        />
      )}
      {end.kind === "after" && (
        <>
          <NumberInput
            label="Times"
            value={end.times}
            most={9999}
            onChange={(times) => onChange({ kind: "after", times })}
          />
          <span>{end.times === 1 ? "time" : "times"}</span>
        </>
      )}
    </div>
  );
}

/** A year on; from a leap day, the last day of February. */
function nextYear(day: string): string {
  const year = String(Number(day.slice(0, 4)) + 1).padStart(4, "0");
  return day.endsWith("02-29") ? `${year}-02-28` : `${year}${day.slice(4)}`;
}
