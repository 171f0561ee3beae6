import { spelledOut } from "../../addresses";
import { now } from "../../clock";
import * as session from "../../session";
import { agoText, dayOf } from "../../time";
import type { Person } from "../../types";
import { DEEDS, nameOf, type DeedName } from "./deeds";

interface Props {
  person: Person;
  onAsk: (deed: DeedName) => void;
}

export function PersonRow({ person, onAsk }: Props) {
  const zone = session.zone.value;
  const self = person.id === session.user.value?.id;
  const called = nameOf(person);
  const admin = person.role === "admin";
  const active = person.is_active;
  const button = (deed: DeedName) => (
    <button
      type="button"
      class={`button small ${deed === "disable" ? "danger" : ""}`}
      aria-label={`${DEEDS[deed].action}: ${called}`}
      onClick={() => onAsk(deed)}
    >
      {DEEDS[deed].action}
    </button>
  );
  return (
    <li class="row person">
      <div class="row-body">
        <p>
          <strong>{called}</strong> {self && <span class="badge">you</span>}{" "}
          {admin && <span class="badge good">administrator</span>}{" "}
          {!active && <span class="badge warn">disabled</span>}{" "}
          {!person.name && <Unusual email={person.email} />}
        </p>
        {person.name && (
          <p class="muted">
            {person.email} <Unusual email={person.email} />
          </p>
        )}
        <p class="facts">
          {!person.email_verified && <span>E-mail not confirmed</span>}
          <span>
            {person.last_seen_at
              ? `Seen ${agoText(person.last_seen_at, zone, now.value)}`
              : "Never seen"}
          </span>
          <span>Joined {dayOf(person.created_at, zone, now.value)}</span>
          {person.deletion_at && (
            <span>Leaves for good {agoText(person.deletion_at, zone, now.value)}</span>
          )}
        </p>
      </div>
      <div class="actions">
        {button(admin ? "demote" : "promote")}
        {!self && active && button("signOut")}
        {!self && button(active ? "disable" : "enable")}
      </div>
    </li>
  );
}

/** Says how an address is really spelt that may look like somebody else's. */
function Unusual({ email }: { email: string }) {
  const spelled = spelledOut(email);
  return (
    spelled && (
      <span class="badge warn" title={spelled}>
        unusual characters<span class="sr-only">: {spelled}</span>
      </span>
    )
  );
}
