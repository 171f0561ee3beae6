import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { COLORS } from "../../colors";
import { Confirm } from "../Confirm";
import { invalid } from "../forms";
import { TextField } from "../Field";

interface Props {
  title: string;
  action: [idle: string, busy: string];
  name?: string;
  color?: string | null;
  /** Saved filters have no colour to choose. */
  plain?: boolean;
  save: (look: { name: string; color: string | null }) => Promise<void>;
  onClosed: () => void;
}

/** The name of a list, a label or a filter, and its colour. */
export function NameDialog({ title, action, name, color, plain, save, onClosed }: Props) {
  const typed = useSignal(name ?? "");
  const chosen = useSignal(color ?? null);

  async function confirm() {
    const wanted = typed.value.trim();
    if (!wanted) throw invalid("name", "Enter a name.");
    await save({ name: wanted, color: chosen.value });
  }

  return (
    <Confirm
      title={title}
      action={action}
      fields={["name"]}
      onConfirm={confirm}
      onClosed={onClosed}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            name="name"
            autocomplete="off"
            value={typed}
            error={error?.fields.name}
            focused
          />
          {!plain && <Colors value={chosen.value} onChange={(next) => (chosen.value = next)} />}
        </>
      )}
    </Confirm>
  );
}

interface ColorsProps {
  value: string | null;
  onChange: (color: string | null) => void;
}

function Colors({ value, onChange }: ColorsProps) {
  const id = useId();
  const known = value === null || COLORS.some(([color]) => color === value);
  const choices: [string | null, string][] = [
    [null, "No colour"],
    ...COLORS,
    ...(known ? [] : [[value, "Its own colour"] as [string, string]]),
  ];
  return (
    <fieldset class="colors">
      <legend>Colour</legend>
      {choices.map(([color, label]) => (
        <label key={label} class="color" title={label}>
          <input
            type="radio"
            class="sr-only"
            name={id}
            checked={value === color}
            onChange={() => onChange(color)}
          />
          <span class="swatch" style={color ? { backgroundColor: color } : {}} />
          <span class="sr-only">{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
