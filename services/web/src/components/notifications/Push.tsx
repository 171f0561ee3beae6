import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { now } from "../../clock";
import { tell } from "../../notices";
import { listPushDevices, removePushDevice } from "../../notifying";
import { PushRefusedError, pushState, turnOff, turnOn, type PushState } from "../../push";
import * as session from "../../session";
import { agoText } from "../../time";
import type { PushDevice } from "../../types";
import { Alert } from "../Alert";
import { Confirm } from "../Confirm";
import { ListFrame } from "../ListFrame";
import { Section } from "../Section";
import { useAction } from "../useAction";
import { useList } from "../useList";
import { useLive } from "../useLive";

/** Messages that a device shows also while no page of ours is open. */
export function Push() {
  const list = useList(listPushDevices);
  const asked = useSignal<PushDevice | null>(null);
  const state = useSignal<PushState | null>(null);
  const look = async () => {
    state.value = await pushState();
  };
  async function changed() {
    await Promise.all([look(), list.load()]);
  }
  useEffect(() => {
    void look();
    // Somebody may have been in the browser's settings meanwhile.
    const again = () => document.visibilityState === "visible" && void look();
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, []);
  useLive(["push_subscription"], () => void changed());

  async function remove({ id, name, current }: PushDevice) {
    if (current && state.peek() === "on") await turnOff();
    else await removePushDevice(id);
    list.remove((one) => one.id === id);
    await look();
    tell(`“${name}” gets no more push messages.`);
  }

  return (
    <Section
      title="Push"
      about="Messages on your devices, also when no page of Taskbell is open there."
    >
      <ThisBrowser state={state.value} onChanged={changed} />
      <ListFrame list={list} empty="No device has push turned on.">
        {(device) => (
          <Row key={device.id} device={device} onRemove={() => (asked.value = device)} />
        )}
      </ListFrame>
      {asked.value && (
        <Confirm
          title={`Remove “${asked.value.name}”?`}
          action={["Remove", "Removing…"]}
          danger
          onConfirm={() => remove(asked.value as PushDevice)}
          onClosed={() => (asked.value = null)}
        >
          {() => <p>It gets no more push messages, until push is turned on there again.</p>}
        </Confirm>
      )}
    </Section>
  );
}

const HELP: Record<Exclude<PushState, "on" | "off">, string> = {
  unsupported: "This browser cannot take push messages. Others can: turn push on there.",
  insecure: "Push needs a safe connection: open Taskbell at an address that begins with https.",
  "needs-install":
    "On iPhones and iPads, add Taskbell to the home screen first (Share, then “Add to Home " +
    "Screen”), open it from there, and turn push on.",
  denied:
    "This browser does not let Taskbell show messages. Allow notifications for this site in the " +
    "browser’s settings, mostly behind the icon beside the address, then come back here.",
};

interface ThisBrowserProps {
  state: PushState | null;
  onChanged: () => Promise<void>;
}

function ThisBrowser({ state, onChanged }: ThisBrowserProps) {
  const refused = useSignal("");
  const { busy, message, run } = useAction(async (wanted: "on" | "off") => {
    refused.value = "";
    try {
      if (wanted === "on") await turnOn();
      else await turnOff();
      tell(wanted === "on" ? "Push is on in this browser." : "Push is off in this browser.");
    } catch (error) {
      if (!(error instanceof PushRefusedError)) throw error;
      if (!(error.state in HELP)) refused.value = FAILED;
    }
    await onChanged();
  });
  if (state === null) return null;
  if (state !== "on" && state !== "off") {
    return (
      <p class="alert info" role="status">
        {HELP[state]}
      </p>
    );
  }
  const on = state === "on";
  return (
    <>
      <div class="actions middle">
        <button
          type="button"
          class={`button ${on ? "" : "primary"}`}
          aria-disabled={busy}
          onClick={() => void run(on ? "off" : "on")}
        >
          {busy ? "One moment…" : on ? "Turn off in this browser" : "Turn on in this browser"}
        </button>
        <span class="muted" role="status">
          {on ? "On in this browser." : "Off in this browser."}
        </span>
      </div>
      <Alert>{message || refused.value}</Alert>
    </>
  );
}

const FAILED =
  "Push was not turned on. The browser's question was closed without an answer, or it " +
  "could not reach its push service: some browsers have none, and some networks let nothing " +
  "through to it.";

function Row({ device, onRemove }: { device: PushDevice; onRemove: () => void }) {
  const zone = session.zone.value;
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{device.name}</strong>{" "}
          {device.current && <span class="badge good">this browser</span>}{" "}
          {device.state === "refusing" && <span class="badge warn">not reached lately</span>}
        </p>
        <p class="facts">
          <span>{device.host}</span>
          <span>
            {device.last_used_at
              ? `Used ${agoText(device.last_used_at, zone, now.value)}`
              : "Never used"}
          </span>
          <span>Turned on {agoText(device.created_at, zone, now.value)}</span>
        </p>
      </div>
      <button
        type="button"
        class="button small"
        aria-label={`Remove ${device.name}`}
        onClick={onRemove}
      >
        Remove
      </button>
    </li>
  );
}
