import type { Which } from "../../taskForm";

interface Props {
  which: Which;
  onChange: (which: Which) => void;
}

const CHOICES: [Which, string, string][] = [
  ["this", "Only this one", "The ones after it stay as they are."],
  ["following", "This and all following", "The repeats go on from the new date."],
];

/** Asked when the due time of a repeating task is changed. */
export function WhichOnes({ which, onChange }: Props) {
  return (
    <div class="alert info wide" aria-live="polite">
      <fieldset class="choices">
        <legend>It repeats: which ones does the new due date count for?</legend>
        {CHOICES.map(([value, label, hint]) => (
          <label key={value} class="choice">
            <input
              type="radio"
              name="which"
              value={value}
              checked={which === value}
              onChange={() => onChange(value)}
            />
            <span>
              {label}
              <span class="hint">{hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
