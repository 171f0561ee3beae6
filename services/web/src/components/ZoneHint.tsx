import { useSignal } from "@preact/signals";

import { updateMe } from "../account";
import { complain, tell } from "../notices";
import { explain } from "../problem";
import * as session from "../session";
import { deviceZone, sameClocks } from "../time";

/** Somebody is travelling, or signed up somewhere else: times are shown in the user's zone. */
export function ZoneHint() {
  const hidden = useSignal(false);
  const device = deviceZone();
  const zone = session.zone.value;
  if (hidden.value || sameClocks(zone, device, Date.now())) return null;

  async function move() {
    try {
      await updateMe({ time_zone: device });
      tell(`Times are now shown in ${device}.`);
    } catch (error) {
      complain(`Could not change your time zone. ${explain(error)}`);
    }
  }

  return (
    <div class="alert info spread">
      <span>
        Times are shown in {zone}; this device is in {device}.
      </span>
      <span class="actions">
        <button type="button" class="button small" onClick={move}>
          Use {device}
        </button>
        <button type="button" class="button quiet small" onClick={() => (hidden.value = true)}>
          Keep
        </button>
      </span>
    </div>
  );
}
