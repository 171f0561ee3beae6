import { Field } from "../Field";

interface Props {
  label: string;
  hint?: string | undefined;
  name: string;
  /** `HH:MM` */
  value: string;
  error?: string | undefined;
  disabled?: boolean;
  onChange: (value: string) => void;
}

/** A time of day. */
export function TimeField({ label, hint, name, value, error, disabled, onChange }: Props) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          class="input time"
          type="time"
          step={60}
          required
          name={name}
          value={value}
          disabled={disabled}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
