import { useSignal } from "@preact/signals";

import { tell } from "../../notices";
import { createWebhook, updateWebhook } from "../../notifying";
import type { Webhook } from "../../types";
import { Alert } from "../Alert";
import { Confirm } from "../Confirm";
import { TextField } from "../Field";
import { invalid } from "../forms";
import { useSubmit } from "../useSubmit";

const FIELDS = ["name", "url"];
const NAME_HINT = "What it is for, such as “Home automation”.";
const URL_HINT =
  "Where the messages go. Private addresses are refused unless the server allows them.";

/** Said here, in words that fit; the server looks more closely. */
function checked(name: string, url: string) {
  const wanted = { name: name.trim(), url: url.trim() };
  if (!wanted.name) throw invalid("name", "Give it a name, such as what it is for.");
  if (!/^https?:\/\/./i.test(wanted.url)) {
    throw invalid("url", "Enter an address that begins with https:// or http://.");
  }
  return wanted;
}

interface NewProps {
  onMade: (made: Webhook & { secret: string }) => void;
  onCancel: () => void;
}

export function NewWebhookForm({ onMade, onCancel }: NewProps) {
  const name = useSignal("");
  const url = useSignal("");
  const { busy, error, message, submit } = useSubmit(FIELDS, async () => {
    onMade(await createWebhook(checked(name.value, url.value)));
  });
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <TextField
        label="Name"
        hint={NAME_HINT}
        name="webhook-name"
        autocomplete="off"
        value={name}
        error={error?.fields.name}
        focused
      />
      <TextField
        label="Address"
        hint={URL_HINT}
        name="webhook-url"
        autocomplete="off"
        value={url}
        error={error?.fields.url}
      />
      <Alert>{message}</Alert>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={busy}>
          {busy ? "Adding…" : "Add the webhook"}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface EditProps {
  webhook: Webhook;
  onSaved: () => void;
  onClosed: () => void;
}

export function EditWebhook({ webhook, onSaved, onClosed }: EditProps) {
  const name = useSignal(webhook.name);
  const url = useSignal(webhook.url);
  return (
    <Confirm
      title="Change the webhook"
      action={["Save", "Saving…"]}
      fields={FIELDS}
      onConfirm={async () => {
        const wanted = checked(name.value, url.value);
        await updateWebhook(webhook, {
          ...(wanted.name === webhook.name ? {} : { name: wanted.name }),
          ...(wanted.url === webhook.url ? {} : { url: wanted.url }),
        });
        onSaved();
        tell(`Saved “${wanted.name}”.`);
      }}
      onClosed={onClosed}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            name="webhook-name"
            autocomplete="off"
            value={name}
            error={error?.fields.name}
            focused
          />
          <TextField
            label="Address"
            hint={URL_HINT}
            name="webhook-url"
            autocomplete="off"
            value={url}
            error={error?.fields.url}
          />
        </>
      )}
    </Confirm>
  );
}
