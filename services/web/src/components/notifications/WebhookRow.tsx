import { now } from "../../clock";
import { tell } from "../../notices";
import { updateWebhook } from "../../notifying";
import * as session from "../../session";
import { agoText, momentText } from "../../time";
import type { Webhook } from "../../types";
import { Menu } from "../Menu";
import { Disclosure } from "../task/Disclosure";
import { useAction } from "../useAction";
import { TestResult } from "./TestResult";
import { useTest } from "./useTest";
import { WebhookDeliveries } from "./WebhookDeliveries";

export type WebhookDeed = "edit" | "rotate" | "delete";

interface Props {
  webhook: Webhook;
  onAsk: (deed: WebhookDeed) => void;
  onChanged: () => void;
}

export function WebhookRow({ webhook, onAsk, onChanged }: Props) {
  const { id, name, url, is_active } = webhook;
  const { test, busy, message, run } = useTest("webhook", id);
  const turning = useAction(async () => {
    await updateWebhook(webhook, { is_active: !is_active });
    tell(is_active ? `“${name}” is off.` : `“${name}” is on.`);
    onChanged();
  });
  const failed = message || turning.message;
  return (
    <li class="row webhook" aria-label={name}>
      <div class="row-body">
        <p>
          <strong>{name}</strong> <State webhook={webhook} />
        </p>
        <p class="muted url">{url}</p>
        <Facts webhook={webhook} />
      </div>
      <div class="actions">
        {is_active && (
          <button
            type="button"
            class="button small"
            aria-label={`Send a test to ${name}`}
            aria-disabled={busy}
            onClick={() => void run()}
          >
            {busy ? "Sending…" : "Send a test"}
          </button>
        )}
        <Menu
          label={`More for ${name}`}
          items={[
            { label: is_active ? "Turn off" : "Turn on", run: () => void turning.run() },
            { label: "Change…", run: () => onAsk("edit") },
            { label: "New secret…", run: () => onAsk("rotate") },
            { label: "Delete…", danger: true, run: () => onAsk("delete") },
          ]}
        />
      </div>
      <TestResult test={test} />
      {failed && (
        <p class="field-error" role="alert">
          {failed}
        </p>
      )}
      <div class="whole">
        <Disclosure label="Deliveries">
          <WebhookDeliveries webhook={webhook} />
        </Disclosure>
      </div>
    </li>
  );
}

function State({ webhook }: { webhook: Webhook }) {
  if (!webhook.is_active) return <span class="badge warn">off</span>;
  if (webhook.failing_since) return <span class="badge bad">failing</span>;
  return <span class="badge good">on</span>;
}

function Facts({ webhook }: { webhook: Webhook }) {
  const zone = session.zone.value;
  const { is_active, disabled_at, disabled_reason, failing_since, previous_secret_until } = webhook;
  const two = previous_secret_until && Date.parse(previous_secret_until) > now.value;
  return (
    <p class="facts">
      {!is_active && disabled_at && (
        <span>
          Off since {momentText(disabled_at, zone, now.value)}
          {disabled_reason && `: ${disabled_reason}`}
        </span>
      )}
      {is_active && failing_since && (
        <span>Fails since {momentText(failing_since, zone, now.value)}</span>
      )}
      {two && (
        <span>The old secret works until {momentText(previous_secret_until, zone, now.value)}</span>
      )}
      <span>Added {agoText(webhook.created_at, zone, now.value)}</span>
    </p>
  );
}
