import { now } from "../../clock";
import { tell } from "../../notices";
import { listWebhookDeliveries, replayDelivery } from "../../notifying";
import * as session from "../../session";
import { counted, momentText } from "../../time";
import type { Webhook, WebhookDelivery } from "../../types";
import { ListFrame } from "../ListFrame";
import { useAction } from "../useAction";
import { useList } from "../useList";
import { useLive } from "../useLive";

const STATES: Record<string, [tone: string, word: string]> = {
  pending: ["", "waiting"],
  delivered: ["good", "delivered"],
  failed: ["bad", "given up"],
  suppressed: ["warn", "not sent"],
};
const KINDS: Record<string, string> = { "reminder.due": "Reminder", test: "Test" };

/** What a webhook was told, the newest first, and what it answered. */
export function WebhookDeliveries({ webhook }: { webhook: Webhook }) {
  const list = useList((cursor) => listWebhookDeliveries(webhook.id, cursor));
  useLive(["webhook", "delivery"], () => void list.load());
  return (
    <ListFrame list={list} empty="Nothing was sent to it yet.">
      {(one) => (
        <Row
          key={one.id}
          one={one}
          onReplay={async () => {
            await replayDelivery(webhook.id, one.id);
            tell("It is sent once more.");
            await list.load();
          }}
        />
      )}
    </ListFrame>
  );
}

function Row({ one, onReplay }: { one: WebhookDelivery; onReplay: () => Promise<void> }) {
  const zone = session.zone.value;
  const { busy, message, run } = useAction(onReplay);
  const [tone, word] = STATES[one.state] ?? ["", one.state];
  const kind = KINDS[one.kind] ?? one.kind;
  const at = momentText(one.created_at, zone, now.value);
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{kind}</strong> <span class={`badge ${tone}`}>{word}</span>
        </p>
        <p class="facts">
          <span>{at}</span>
          {one.attempts > 0 && <span>{counted(one.attempts, "attempt")}</span>}
          {one.response_status !== null && <span>Answer {one.response_status}</span>}
          {one.state === "pending" && one.next_attempt_at && (
            <span>Next try {momentText(one.next_attempt_at, zone, now.value)}</span>
          )}
        </p>
        {one.response && <pre class="error-text">{one.response}</pre>}
        {message && (
          <p class="field-error" role="alert">
            {message}
          </p>
        )}
      </div>
      {one.state !== "pending" && (
        <button
          type="button"
          class="button small"
          aria-label={`Send again: ${kind}, ${at}`}
          aria-disabled={busy}
          onClick={() => void run()}
        >
          {busy ? "Sending…" : "Send again"}
        </button>
      )}
    </li>
  );
}
