import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import * as session from "../session";
import { toInstant } from "../time";
import type { Channel } from "../types";
import { ChannelsField } from "./ChannelsField";
import { Field } from "./Field";

interface SnoozeProps {
  busy: boolean;
  onChosen: (until: string) => void;
  onCancel: () => void;
}

/** Until when a reminder is put off. */
export function SnoozeUntil({ busy, onChosen, onCancel }: SnoozeProps) {
  const input = useRef<HTMLInputElement>(null);
  const at = useSignal("");
  const wrong = useSignal("");
  useEffect(() => input.current?.focus(), []);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy) return;
    const until = at.value && toInstant(at.value, session.zone.value);
    if (!until) wrong.value = "Choose a day and time.";
    else if (Date.parse(until) <= Date.now()) wrong.value = "That moment has passed already.";
    else return onChosen(until);
    input.current?.focus();
  }

  return (
    <form
      class="reminder-form"
      aria-label="Snooze until"
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => leave(event, onCancel)}
    >
      <Field label="Remind me again at" error={wrong.value}>
        {(control) => (
          <input
            {...control}
            ref={input}
            class="input"
            type="datetime-local"
            max="9999-12-31T23:59"
            value={at.value}
            onInput={(event) => (at.value = event.currentTarget.value)}
          />
        )}
      </Field>
      <Buttons label="Snooze" busy={busy} onCancel={onCancel} />
    </form>
  );
}

interface ChannelsProps {
  chosen: Channel[];
  busy: boolean;
  onChosen: (channels: Channel[]) => void;
  onCancel: () => void;
}

/** How a reminder comes. */
export function ChangeChannels({ chosen, busy, onChosen, onCancel }: ChannelsProps) {
  const form = useRef<HTMLFormElement>(null);
  const wanted = useSignal(chosen);
  const wrong = useSignal("");
  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy) return;
    if (wanted.value.length === 0) wrong.value = "Choose at least one way to be reminded.";
    else onChosen(wanted.value);
  }

  return (
    <form
      ref={form}
      class="reminder-form"
      aria-label="How it comes"
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => leave(event, onCancel)}
    >
      <ChannelsField
        legend="Remind me by"
        small
        chosen={wanted.value}
        error={wrong.value}
        onChange={(channels) => (wanted.value = channels)}
      />
      <Buttons label="Save" busy={busy} onCancel={onCancel} />
    </form>
  );
}

interface ButtonsProps {
  label: string;
  busy: boolean;
  onCancel: () => void;
}

function Buttons({ label, busy, onCancel }: ButtonsProps) {
  return (
    <div class="actions">
      <button type="submit" class="button small primary" aria-disabled={busy}>
        {busy ? "Saving…" : label}
      </button>
      <button type="button" class="button small" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

/** Out of the form, and not out of the dialog around it. */
function leave(event: KeyboardEvent, onCancel: () => void) {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  onCancel();
}
