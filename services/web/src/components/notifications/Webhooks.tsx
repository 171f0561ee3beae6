import { useSignal } from "@preact/signals";

import { now } from "../../clock";
import { tell } from "../../notices";
import { deleteWebhook, listWebhooks, rotateSecret } from "../../notifying";
import * as session from "../../session";
import { momentText } from "../../time";
import type { Webhook } from "../../types";
import { Confirm } from "../Confirm";
import { ListFrame } from "../ListFrame";
import { Reveal } from "../Reveal";
import { Section } from "../Section";
import { Once } from "../settings/Once";
import { useList } from "../useList";
import { useLive } from "../useLive";
import { WebhookRow, type WebhookDeed } from "./WebhookRow";
import { EditWebhook, NewWebhookForm } from "./WebhookForms";

interface Made {
  webhook: Webhook;
  secret: string;
}

/** Addresses of other programs that are told of what is due. */
export function Webhooks() {
  const list = useList(listWebhooks);
  const made = useSignal<Made | null>(null);
  const asked = useSignal<{ webhook: Webhook; deed: WebhookDeed } | null>(null);
  useLive(["webhook"], () => void list.load());
  const { webhook, deed } = asked.value ?? {};
  const close = () => (asked.value = null);

  return (
    <Section
      title="Webhooks"
      about={
        <>
          Taskbell tells other programs of your reminders with a signed request to an address of
          theirs, and tries for days when there is no answer.
        </>
      }
    >
      <ListFrame list={list} empty="There are no webhooks.">
        {(one) => (
          <WebhookRow
            key={one.id}
            webhook={one}
            onAsk={(wanted) => (asked.value = { webhook: one, deed: wanted })}
            onChanged={() => void list.load()}
          />
        )}
      </ListFrame>
      {made.value ? (
        <Secret made={made.value} onDone={() => (made.value = null)} />
      ) : (
        <Reveal label="New webhook">
          {(cancel) => (
            <NewWebhookForm
              onMade={({ secret, ...saved }) => {
                made.value = { webhook: saved, secret };
                void list.load();
              }}
              onCancel={cancel}
            />
          )}
        </Reveal>
      )}
      {webhook && deed === "edit" && (
        <EditWebhook webhook={webhook} onSaved={() => void list.load()} onClosed={close} />
      )}
      {webhook && deed === "rotate" && (
        <Rotate
          webhook={webhook}
          onMade={(one) => {
            made.value = one;
            void list.load();
          }}
          onClosed={close}
        />
      )}
      {webhook && deed === "delete" && (
        <Delete
          webhook={webhook}
          onDeleted={() => list.remove(({ id }) => id === webhook.id)}
          onClosed={close}
        />
      )}
    </Section>
  );
}

function Secret({ made: { webhook, secret }, onDone }: { made: Made; onDone: () => void }) {
  const { previous_secret_until: at } = webhook;
  const until = at && momentText(at, session.zone.value, now.value);
  return (
    <Once label="The secret of the webhook" secret={secret} onDone={onDone}>
      <strong>
        This is the secret of “{webhook.name}”. Copy it now: it is not shown again.
      </strong>{" "}
      The other program checks with it that a message is from Taskbell.{" "}
      {until && `Until ${until} the old one signs each message too.`}
    </Once>
  );
}

interface RotateProps {
  webhook: Webhook;
  onMade: (made: Made) => void;
  onClosed: () => void;
}

function Rotate({ webhook, onMade, onClosed }: RotateProps) {
  return (
    <Confirm
      title={`New secret for “${webhook.name}”?`}
      action={["Make a new secret", "Making…"]}
      onConfirm={async () => {
        const { secret, ...saved } = await rotateSecret(webhook.id);
        onMade({ webhook: saved, secret });
      }}
      onClosed={onClosed}
    >
      {() => (
        <p>
          For 24 hours messages are signed with both, so that you can change it in the other
          program. After that the old one is worth nothing.
        </p>
      )}
    </Confirm>
  );
}

interface DeleteProps {
  webhook: Webhook;
  onDeleted: () => void;
  onClosed: () => void;
}

function Delete({ webhook, onDeleted, onClosed }: DeleteProps) {
  return (
    <Confirm
      title={`Delete “${webhook.name}”?`}
      action={["Delete", "Deleting…"]}
      danger
      onConfirm={async () => {
        await deleteWebhook(webhook.id);
        onDeleted();
        tell(`Deleted the webhook “${webhook.name}”.`);
      }}
      onClosed={onClosed}
    >
      {() => <p>It is told nothing any more, and its list of deliveries is gone.</p>}
    </Confirm>
  );
}
