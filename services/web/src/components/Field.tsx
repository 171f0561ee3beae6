import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface FieldProps {
  label: string;
  /** Stands behind the label, such as "optional". */
  note?: string | undefined;
  hint?: ComponentChildren;
  error?: string | undefined;
}

interface ControlProps {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

/** Label, control, hint and error, tied together for screen readers. */
export function Field(
  props: FieldProps & { class?: string; children: (control: ControlProps) => ComponentChildren },
) {
  const { label, note, hint, error, children } = props;
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class={`field ${props.class ?? ""}`}>
      <div class="field-head">
        <label for={id}>{label}</label>
        {note && <span class="muted">{note}</span>}
      </div>
      {children({ id, "aria-invalid": Boolean(error), "aria-describedby": described || undefined })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

type InputProps = { value: Signal<string>; focused?: boolean } & Pick<
  InputHTMLAttributes,
  "name" | "autocomplete"
>;
type TextProps = FieldProps & InputProps & { type?: "text" | "email" };

export function TextField({ value, focused, type, name, autocomplete, ...field }: TextProps) {
  const input = useFocused(focused);
  return (
    <Field {...field}>
      {(control) => (
        <input
          {...control}
          ref={input}
          class="input"
          // The typings want each type of input apart.
          type={(type ?? "text") as "text"}
          name={name}
          autocomplete={autocomplete}
          value={value}
          onInput={(event) => (value.value = event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

type PasswordProps = Omit<FieldProps, "label"> & { label?: string } & InputProps;

export function PasswordField({ value, focused, name, autocomplete, ...field }: PasswordProps) {
  const input = useFocused(focused);
  const shown = useSignal(false);
  return (
    <Field label="Password" {...field}>
      {(control) => (
        <span class="with-button">
          <input
            {...control}
            ref={input}
            class="input"
            type={(shown.value ? "text" : "password") as "password"}
            name={name}
            autocomplete={autocomplete}
            value={value}
            onInput={(event) => (value.value = event.currentTarget.value)}
          />
          <button
            type="button"
            class="button quiet small"
            aria-pressed={shown.value}
            aria-controls={control.id}
            onClick={() => (shown.value = !shown.value)}
          >
            {shown.value ? "Hide" : "Show"}
          </button>
        </span>
      )}
    </Field>
  );
}

/**
 * Not seen: tells password managers whose password a form takes. They pass over what is not
 * displayed at all. Empty when nobody knows.
 */
export function AccountField({ email }: { email: string }) {
  return (
    <input
      class="sr-only"
      type="email"
      name="username"
      autocomplete="username"
      value={email}
      readOnly
      tabIndex={-1}
      aria-hidden="true"
    />
  );
}

const NEW_PASSWORD =
  "At least 12 characters, not a common password, not your e-mail address. " +
  "A few random words are good.";

/** A password that is being chosen: seen with "Show", so it is asked for once. */
export function NewPasswordField(props: Omit<PasswordProps, "hint" | "autocomplete">) {
  return <PasswordField autocomplete="new-password" hint={NEW_PASSWORD} {...props} />;
}

type SelectProps = FieldProps & {
  name: string;
  value: Signal<string>;
  options: [value: string, label: string][];
};

export function SelectField({ name, value, options, ...field }: SelectProps) {
  return (
    <Field {...field}>
      {(control) => (
        <select
          {...control}
          class="input"
          name={name}
          value={value.value}
          onChange={(event) => (value.value = event.currentTarget.value)}
        >
          {options.map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Focus when the page appears. */
function useFocused(focused = false) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!focused || !input.current) return;
    input.current.focus();
    // Inside a dialog that is about to open: it would choose its first field, seen or not.
    input.current.autofocus = true;
  }, [focused]);
  return input;
}
