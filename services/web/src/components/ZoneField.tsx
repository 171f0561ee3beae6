import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";

import { now } from "../clock";
import { deviceZone, knownZone, toLocal } from "../time";
import { allZones, matching, offsetLabel, readableZone, zoneNamed } from "../zones";
import { Field } from "./Field";
import { nextItem } from "./menuKeys";

interface Props {
  value: Signal<string>;
  error?: string | undefined;
}

/** A combobox as the ARIA practices have it: type to find, arrows and Enter to take. */
export function ZoneField({ value, error }: Props) {
  const zones = useMemo(() => allZones(value.peek(), deviceZone()), []);
  /** What is being typed; null while nobody is looking for another zone. */
  const typed = useSignal<string | null>(null);
  const open = useSignal(false);
  const at = useSignal(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = useMemo(() => matching(zones, typed.value ?? ""), [typed.value, zones]);

  useEffect(() => {
    const option = list.current?.children[at.value];
    if (open.value) option?.scrollIntoView({ block: "nearest" });
  }, [open.value, at.value]);

  function show() {
    if (open.value) return;
    at.value = Math.max(0, found.indexOf(value.peek()));
    open.value = true;
  }

  function close() {
    open.value = false;
    typed.value = null;
  }

  function take(zone: string | undefined) {
    if (zone) value.value = zone;
    close();
  }

  function choose(event: MouseEvent) {
    // The field keeps the focus.
    event.preventDefault();
    const zone = found[indexIn(list.current, event.target)];
    if (zone) take(zone);
  }

  function keys(event: KeyboardEvent) {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (open.value) at.value = nextItem(key, at.value, found.length || 1) ?? 0;
      show();
    } else if (open.value && key === "Enter") {
      take(found[at.value]);
    } else if (open.value && key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
  }

  return (
    <Field label="Time zone" hint={hintOf(value.value, now.value)} error={error}>
      {(control) => (
        <div class="combobox">
          <input
            {...control}
            class="input"
            name="time_zone"
            role="combobox"
            autocomplete="off"
            spellcheck={false}
            aria-autocomplete="list"
            aria-expanded={open.value}
            aria-controls={`${id}-list`}
            aria-activedescendant={open.value && found.length ? `${id}-${at.value}` : undefined}
            value={typed.value ?? readableZone(value.value)}
            onFocus={(event) => event.currentTarget.select()}
            onClick={show}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
              at.value = 0;
              open.value = true;
            }}
            onKeyDown={keys}
            onBlur={() => take(typed.value === null ? undefined : zoneNamed(zones, typed.value))}
          />
          <div
            ref={list}
            id={`${id}-list`}
            class="options"
            role="listbox"
            aria-label="Time zones"
            hidden={!open.value || found.length === 0}
            tabIndex={-1}
            onMouseDown={choose}
          >
            {open.value &&
              found.map((zone, index) => (
                <div
                  key={zone}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={index === at.value}
                  class={zone === value.value ? "chosen" : undefined}
                >
                  {readableZone(zone)}
                </div>
              ))}
          </div>
          <p class="options none muted" role="status" hidden={!open.value || found.length > 0}>
            {open.value && found.length === 0 && "No zone has that in its name."}
          </p>
        </div>
      )}
    </Field>
  );
}

function indexIn(list: HTMLElement | null, target: EventTarget | null): number {
  return [...(list?.children ?? [])].indexOf(target as Element);
}

/** `It is 14:05 there (UTC+02:00).` */
function hintOf(zone: string, at: number): string {
  const known = knownZone(zone);
  if (known !== zone) return "This browser does not know this zone.";
  return `It is ${toLocal(at, zone).slice(11)} there now (${offsetLabel(zone, at)}).`;
}
