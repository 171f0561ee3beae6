import { WEEKDAYS, type InMonth, type Rule, type Weekday } from "../../recurrence";
import { monthName, NTHS, ordinal, weekdayName } from "../../recurrenceText";
import * as session from "../../session";

interface Props {
  rule: Rule;
  onChange: (changes: Partial<Rule>) => void;
}

/** The days of a week, as the person counts them. The last one stays: no day is no rule. */
export function Weekdays({ rule, onChange }: Props) {
  const { weekdays } = rule;
  return (
    <div class="weekdays" role="group" aria-label="On">
      {weekFrom(session.user.value?.week_start).map((day) => {
        const chosen = weekdays.includes(day);
        return (
          <button
            key={day}
            type="button"
            class="weekday"
            aria-label={weekdayName(day)}
            aria-pressed={chosen}
            onClick={() => {
              const rest = weekdays.filter((one) => one !== day);
              if (!chosen) onChange({ weekdays: [...rest, day] });
              else if (rest.length > 0) onChange({ weekdays: rest });
            }}
          >
            {weekdayName(day).slice(0, 2)}
          </button>
        );
      })}
    </div>
  );
}

function weekFrom(start: string | undefined): Weekday[] {
  const first = start === "sunday" ? 6 : start === "saturday" ? 5 : 0;
  return [...WEEKDAYS.slice(first), ...WEEKDAYS.slice(0, first)];
}

const DAYS = Array.from({ length: 31 }, (_, index) => index + 1);
const MONTHS = DAYS.slice(0, 12);

/** The 20th, the last day, or the third Friday. */
export function DayOfMonth({ rule, onChange }: Props) {
  const { inMonth } = rule;
  if (!inMonth) return null;
  const change = (changed: InMonth) => onChange({ inMonth: changed });
  return (
    <div class="inline">
      <span>On the</span>
      <select
        class="input"
        aria-label="Which"
        value={inMonth.kind === "day" ? `day ${inMonth.day}` : `nth ${inMonth.nth}`}
        onChange={(event) => change(chosenDay(event.currentTarget.value, inMonth))}
      >
        <optgroup label="Day">
          {[...DAYS, -1].map((day) => (
            <option key={day} value={`day ${day}`}>
              {day === -1 ? "last day" : ordinal(day)}
            </option>
          ))}
        </optgroup>
        <optgroup label="Weekday">
          {NTHS.map(([nth, word]) => (
            <option key={nth} value={`nth ${nth}`}>
              {word}…
            </option>
          ))}
        </optgroup>
      </select>
      {inMonth.kind === "weekday" && (
        <select
          class="input"
          aria-label="Weekday"
          value={inMonth.weekday}
          onChange={(event) =>
            change({ ...inMonth, weekday: event.currentTarget.value as Weekday })
          }
        >
          {WEEKDAYS.map((day) => (
            <option key={day} value={day}>
              {weekdayName(day)}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

function chosenDay(choice: string, before: InMonth): InMonth {
  const [kind, number] = choice.split(" ");
  if (kind === "day") return { kind, day: Number(number) };
  const weekday = before.kind === "weekday" ? before.weekday : "MO";
  return { kind: "weekday", nth: Number(number), weekday };
}

/** The days of the longest Februaries are days too. */
export function DayOfYear({ rule, onChange }: Props) {
  const { inYear } = rule;
  if (!inYear) return null;
  const longest = new Date(Date.UTC(2024, inYear.month, 0)).getUTCDate();
  return (
    <div class="inline">
      <span>On</span>
      <select
        class="input"
        aria-label="Day"
        value={inYear.day}
        onChange={(event) =>
          onChange({ inYear: { ...inYear, day: Number(event.currentTarget.value) } })
        }
      >
        {DAYS.slice(0, longest).map((day) => (
          <option key={day} value={day}>
            {day}
          </option>
        ))}
      </select>
      <select
        class="input"
        aria-label="Month"
        value={inYear.month}
        onChange={(event) => {
          const month = Number(event.currentTarget.value);
          const most = new Date(Date.UTC(2024, month, 0)).getUTCDate();
          onChange({ inYear: { month, day: Math.min(inYear.day, most) } });
        }}
      >
        {MONTHS.map((month) => (
          <option key={month} value={month}>
            {monthName(month)}
          </option>
        ))}
      </select>
    </div>
  );
}
