import { useId } from "preact/hooks";

import { CHANNELS, obstacle } from "../preferences";
import type { Channel } from "../types";

interface Props {
  legend: string;
  chosen: readonly Channel[];
  error?: string | undefined;
  /** In one line, where there is little room. */
  small?: boolean;
  onChange: (chosen: Channel[]) => void;
}

/** How to be told. What cannot work yet cannot be chosen, and says why. */
export function ChannelsField({ legend, chosen, error, small, onChange }: Props) {
  const id = useId();
  const blocked = CHANNELS.filter(([channel]) => obstacle(channel) !== "");
  return (
    <fieldset
      class={`choices channels ${small ? "small" : ""}`}
      aria-describedby={error ? `${id}-error` : undefined}
    >
      <legend>{legend}</legend>
      {CHANNELS.map(([channel, label]) => {
        const checked = chosen.includes(channel);
        const reason = obstacle(channel);
        return (
          <label key={channel} class={`choice ${reason && !checked ? "off" : ""}`}>
            <input
              type="checkbox"
              checked={checked}
              // What was chosen while it worked can still be taken off.
              disabled={reason !== "" && !checked}
              aria-invalid={Boolean(error) && channel === "email"}
              aria-describedby={reason ? `${id}-${small ? "blocked" : channel}` : undefined}
              onChange={() => onChange(toggled(chosen, channel))}
            />
            <span>
              {label}
              {reason && !small && (
                <span class="hint" id={`${id}-${channel}`}>
                  {reason}
                </span>
              )}
            </span>
          </label>
        );
      })}
      {small && blocked.length > 0 && (
        <p id={`${id}-blocked`} class="hint">
          {blocked.map(([channel]) => obstacle(channel)).join(" ")}{" "}
          <a href="/settings/notifications" target="_blank" rel="noopener">
            Set up
          </a>
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** In the order they are shown. */
function toggled(chosen: readonly Channel[], channel: Channel): Channel[] {
  const all = CHANNELS.map(([one]) => one);
  return all.filter((one) => (one === channel ? !chosen.includes(one) : chosen.includes(one)));
}
