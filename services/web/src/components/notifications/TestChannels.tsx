import { channelName, CHANNELS, obstacle } from "../../preferences";
import * as session from "../../session";
import type { Channel } from "../../types";
import { Section } from "../Section";
import { TestResult } from "./TestResult";
import { useTest } from "./useTest";

export function TestChannels() {
  return (
    <Section
      title="Try it"
      about="Sends a real message to you, and shows what the other side answered."
    >
      <ul class="rows">
        {CHANNELS.map(([channel]) => (
          <Row key={channel} channel={channel} />
        ))}
      </ul>
    </Section>
  );
}

function Row({ channel }: { channel: Channel }) {
  const { test, busy, message, run } = useTest(channel);
  const name = channelName(channel);
  const reason = obstacle(channel);
  return (
    <li class="row test">
      <div class="row-body">
        <p>
          <strong>{name}</strong>
        </p>
        <p class="muted">{reason || whereTo(channel)}</p>
      </div>
      {!reason && (
        <button
          type="button"
          class="button small"
          aria-label={`Send a test: ${name}`}
          aria-disabled={busy}
          onClick={() => void run()}
        >
          {busy ? "Sending…" : "Send a test"}
        </button>
      )}
      <TestResult test={test} />
      {message && (
        <p class="field-error" role="alert">
          {message}
        </p>
      )}
    </li>
  );
}

function whereTo(channel: Channel): string {
  switch (channel) {
    case "email":
      return `To ${session.user.value?.email ?? "you"}.`;
    case "in_app":
      return "To the bell at the top of this page.";
    case "push":
      return "To all devices with push.";
    case "webhook":
      return "To all webhooks that are on.";
  }
}
