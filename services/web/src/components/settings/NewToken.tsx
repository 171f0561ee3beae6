import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { createToken } from "../../account";
import { EXPIRIES, expiryOf, scopesFor } from "../../scopes";
import type { Role, Scope } from "../../types";
import { Alert } from "../Alert";
import { SelectField, TextField } from "../Field";
import { invalid } from "../forms";
import { useSubmit } from "../useSubmit";

const FIELDS = ["name", "scopes", "expires_at"];

interface Props {
  role: Role;
  onMade: (made: { name: string; token: string }) => void;
  onCancel: () => void;
}

export function NewToken({ role, onMade, onCancel }: Props) {
  const name = useSignal("");
  const scopes = useSignal<Scope[]>(["tasks:read"]);
  const days = useSignal("90");
  const { busy, error, message, submit } = useSubmit(FIELDS, async () => {
    if (!name.value.trim()) throw invalid("name", "Give it a name, such as what will use it.");
    if (scopes.value.length === 0) throw invalid("scopes", "Choose at least one.");
    const expires = expiryOf(days.value, Date.now());
    const { token } = await createToken({
      name: name.value.trim(),
      scopes: scopes.value,
      ...(expires ? { expires_at: expires } : {}),
    });
    onMade({ name: name.value.trim(), token });
  });
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <div class="grid two">
        <TextField
          label="Name"
          hint="What will use it, such as “Kitchen display”."
          name="token-name"
          autocomplete="off"
          value={name}
          error={error?.fields.name}
          focused
        />
        <SelectField
          label="Expires after"
          hint={days.value ? undefined : "Whoever finds it can use it until you revoke it."}
          name="expires"
          value={days}
          options={EXPIRIES}
          error={error?.fields.expires_at}
        />
      </div>
      <Scopes
        role={role}
        chosen={scopes.value}
        error={error?.fields.scopes}
        onChange={(changed) => (scopes.value = changed)}
      />
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Making…" : "Make the token"}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface ScopesProps {
  role: Role;
  chosen: Scope[];
  error: string | undefined;
  onChange: (chosen: Scope[]) => void;
}

function Scopes({ role, chosen, error, onChange }: ScopesProps) {
  const id = useId();
  return (
    <fieldset class="choices" aria-describedby={error ? `${id}-error` : undefined}>
      <legend>It may</legend>
      {scopesFor(role).map(({ scope, label, hint }, index) => (
        <label key={scope} class="choice">
          <input
            type="checkbox"
            aria-invalid={Boolean(error) && index === 0}
            aria-describedby={`${id}-${scope}`}
            checked={chosen.includes(scope)}
            onChange={(event) =>
              onChange(
                event.currentTarget.checked
                  ? [...chosen, scope]
                  : chosen.filter((one) => one !== scope),
              )
            }
          />
          <span>
            {label}
            <span class="hint" id={`${id}-${scope}`}>
              {hint}
            </span>
          </span>
        </label>
      ))}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
