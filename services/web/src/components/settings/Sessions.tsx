import { endOtherSessions, endSession } from "../../account";
import { now } from "../../clock";
import { tell } from "../../notices";
import * as session from "../../session";
import { inOrder } from "../../sessions";
import { agoText } from "../../time";
import type { Session } from "../../types";
import { deviceText } from "../../userAgent";
import { Alert } from "../Alert";
import { ListFrame } from "../ListFrame";
import { Section } from "../Section";
import { useAction } from "../useAction";
import type { List } from "../useList";

export function Sessions({ list }: { list: List<Session> }) {
  const ordered = { ...list, items: list.items && inOrder(list.items) };
  const others = list.items?.some(({ current }) => !current);
  const all = useAction(async () => {
    await endOtherSessions();
    list.remove(({ current }) => !current);
    tell("All other devices are signed out.");
  });
  return (
    <Section title="Devices" about="Where you are signed in. Sign out what you do not know.">
      <ListFrame list={ordered} empty="No device is signed in.">
        {(item) => <Row key={item.id} item={item} onEnded={() => ended(list, item)} />}
      </ListFrame>
      <Alert>{all.message}</Alert>
      {others && (
        <div class="actions">
          <button
            type="button"
            class="button"
            aria-disabled={all.busy}
            onClick={() => void all.run()}
          >
            {all.busy ? "Signing out…" : "Sign out all others"}
          </button>
        </div>
      )}
    </Section>
  );
}

function ended(list: List<Session>, item: Session) {
  list.remove(({ id }) => id === item.id);
  tell(`Signed out ${deviceText(item.user_agent)}.`);
}

function Row({ item, onEnded }: { item: Session; onEnded: () => void }) {
  const zone = session.zone.value;
  const device = deviceText(item.user_agent);
  const { busy, message, run } = useAction(async () => {
    await endSession(item.id);
    onEnded();
  });
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong title={item.user_agent ?? undefined}>{device}</strong>{" "}
          {item.current && <span class="badge good">this device</span>}
        </p>
        <p class="facts">
          {item.address && <span>{item.address}</span>}
          {!item.current && (
            <span>Used {agoText(item.last_used_at ?? item.created_at, zone, now.value)}</span>
          )}
          <span>Signed in {agoText(item.created_at, zone, now.value)}</span>
        </p>
        {message && (
          <p class="field-error" role="alert">
            {message}
          </p>
        )}
      </div>
      {!item.current && (
        <button
          type="button"
          class="button small"
          aria-label={`Sign out ${device}`}
          aria-disabled={busy}
          onClick={() => void run()}
        >
          {busy ? "Signing out…" : "Sign out"}
        </button>
      )}
    </li>
  );
}
