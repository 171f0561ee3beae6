import { useSignal } from "@preact/signals";

interface Props {
  id?: string;
  label?: string;
  value: number;
  most: number;
  onChange: (value: number) => void;
}

/** A count from 1. While it is no number it is not taken; left so, it is what it was. */
export function NumberInput({ id, label, value, most, onChange }: Props) {
  const typed = useSignal<string | null>(null);
  return (
    <input
      id={id}
      class="input short"
      type="number"
      inputMode="numeric"
      min={1}
      max={most}
      step={1}
      aria-label={label}
      value={typed.value ?? value}
      onInput={(event) => {
        typed.value = event.currentTarget.value;
        const number = Number(typed.value);
        if (Number.isInteger(number) && number >= 1 && number <= most) onChange(number);
      }}
      onBlur={() => (typed.value = null)}
    />
  );
}
