import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";

import { labels as known } from "../../lists";
import { has } from "../../taskForm";
import { sameName } from "../../views";
import { Field } from "../Field";
import { Icon } from "../Icon";
import { nextItem } from "../menuKeys";

interface Props {
  labels: string[];
  error?: string | undefined;
  onChange: (labels: string[]) => void;
}

const MOST = 50;
const LONGEST = 60;
const OFFERED = 8;

/** Labels as tokens: type, then Enter or a comma; Backspace takes the last one off. */
export function LabelsField({ labels, error, onChange }: Props) {
  const typed = useSignal("");
  /** Which suggestion the arrows are at; -1 is what was typed. */
  const at = useSignal(-1);
  const open = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const offers = open.value ? offersFor(typed.value, labels) : [];

  function add(name: string) {
    const clean = cleaned(name);
    if (clean && !has(labels, clean)) onChange([...labels, spelt(clean)].slice(0, MOST));
    typed.value = "";
    at.value = -1;
  }

  function remove(name: string) {
    onChange(labels.filter((one) => one !== name));
    input.current?.focus();
  }

  function type(text: string) {
    const parts = text.split(/[,\n]/);
    const rest = parts.pop() ?? "";
    if (parts.length > 0) onChange(withAll(labels, parts));
    typed.value = rest;
    at.value = -1;
    open.value = true;
  }

  function keys(event: KeyboardEvent) {
    const { key } = event;
    if (event.isComposing) return;
    if ((key === "ArrowDown" || key === "ArrowUp") && !open.value) open.value = true;
    else if (key === "ArrowDown" || key === "ArrowUp") {
      at.value = (nextItem(key, at.value + 1, offers.length + 1) ?? 0) - 1;
    } else if (key === "Enter" && (typed.value.trim() || at.value >= 0)) {
      add(offers[at.value] ?? typed.value);
    } else if (key === "Escape" && open.value && offers.length > 0) {
      open.value = false;
    } else if (key === "Backspace" && typed.value === "" && labels.length > 0) {
      onChange(labels.slice(0, -1));
    } else {
      return;
    }
    event.preventDefault();
  }

  return (
    <Field
      label="Labels"
      note="optional"
      error={error}
      hint={typed.value ? "Enter or a comma adds it." : undefined}
    >
      {(control) => (
        <div class="combobox">
          <div class="input tokens">
            {labels.map((name) => (
              <span key={name} class="token">
                {name}
                <button
                  type="button"
                  class="token-off"
                  aria-label={`Take off ${name}`}
                  onClick={() => remove(name)}
                >
                  <Icon name="close" />
                </button>
              </span>
            ))}
            <input
              {...control}
              ref={input}
              class="token-input"
              name="labels"
              role="combobox"
              autocomplete="off"
              autocapitalize="none"
              enterkeyhint="enter"
              aria-autocomplete="list"
              aria-expanded={offers.length > 0}
              aria-controls={`${id}-list`}
              aria-activedescendant={at.value >= 0 ? `${id}-${at.value}` : undefined}
              maxLength={LONGEST + 1}
              value={typed.value}
              onInput={(event) => type(event.currentTarget.value)}
              onClick={() => (open.value = true)}
              onKeyDown={keys}
              onBlur={() => {
                open.value = false;
                add(typed.value);
              }}
            />
          </div>
          <div
            id={`${id}-list`}
            class="options"
            role="listbox"
            aria-label="Known labels"
            hidden={offers.length === 0}
            tabIndex={-1}
            // The field keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
          >
            {offers.map((name, index) => (
              <div
                key={name}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === at.value}
                onClick={() => add(name)}
                onKeyDown={keys}
              >
                {name}
              </div>
            ))}
          </div>
        </div>
      )}
    </Field>
  );
}

/** The most used first among those that fit what is typed. */
function offersFor(text: string, chosen: string[]): string[] {
  const wanted = cleaned(text).toLowerCase();
  return known.value
    .filter(({ name }) => !has(chosen, name) && name.toLowerCase().includes(wanted))
    .toSorted((one, other) => other.tasks_count - one.tasks_count)
    .slice(0, OFFERED)
    .map(({ name }) => name);
}

function withAll(labels: string[], names: string[]): string[] {
  const all = [...labels];
  for (const name of names.map(cleaned)) if (name && !has(all, name)) all.push(spelt(name));
  return all.slice(0, MOST);
}

/** As the API takes it: one line, and no sign before it. */
function cleaned(text: string): string {
  const words = text.replaceAll(/\s+/g, " ").trim();
  return words.replace(/^[@#\s]+/, "").slice(0, LONGEST).trim();
}

/** A label is one label however it is typed: as it was written first. */
function spelt(name: string): string {
  return known.peek().find((one) => sameName(one.name, name))?.name ?? name;
}
