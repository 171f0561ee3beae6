import { now } from "../../clock";
import * as session from "../../session";
import { agoText, dayOf } from "../../time";
import type { Person, Role } from "../../types";

export interface Change {
  person: Person;
  fields: { role?: Role; is_active?: boolean };
}

const MAKE = "Make administrator";
const REVOKE = "Revoke administrator";

interface Props {
  person: Person;
  onAsk: (fields: Change["fields"]) => void;
}

export function PersonRow({ person, onAsk }: Props) {
  const zone = session.zone.value;
  const self = person.id === session.user.value?.id;
  const called = person.name || person.email;
  const admin = person.role === "admin";
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{called}</strong> {self && <span class="badge">you</span>}{" "}
          {admin && <span class="badge good">administrator</span>}{" "}
          {!person.is_active && <span class="badge warn">disabled</span>}
        </p>
        {person.name && <p class="muted">{person.email}</p>}
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
        <button
          type="button"
          class="button small"
          aria-label={`${admin ? REVOKE : MAKE}: ${called}`}
          onClick={() => onAsk({ role: admin ? "user" : "admin" })}
        >
          {admin ? REVOKE : MAKE}
        </button>
        {!self && (
          <button
            type="button"
            class={`button small ${person.is_active ? "danger" : ""}`}
            aria-label={`${person.is_active ? "Disable" : "Enable"} ${called}`}
            onClick={() => onAsk({ is_active: !person.is_active })}
          >
            {person.is_active ? "Disable" : "Enable"}
          </button>
        )}
      </div>
    </li>
  );
}

interface Words {
  question: string;
  explanation: string;
  action: string;
  done: string;
  danger: boolean;
}

export function wordsFor({ person, fields }: Change): Words {
  const called = person.name || person.email;
  if (fields.role === "admin") {
    return {
      question: `Make ${called} an administrator?`,
      explanation: "Administrators see all accounts, change and disable them.",
      action: MAKE,
      done: "now an administrator",
      danger: false,
    };
  }
  if (fields.role === "user") {
    return {
      question: `Revoke the role of ${called}?`,
      explanation:
        "They keep their account and their tasks, and no longer see the accounts of others.",
      action: REVOKE,
      done: "no longer an administrator",
      danger: true,
    };
  }
  if (fields.is_active) {
    return {
      question: `Enable ${called}?`,
      explanation: "They can sign in again, and find everything as it was.",
      action: "Enable",
      done: "enabled",
      danger: false,
    };
  }
  return {
    question: `Disable ${called}?`,
    explanation:
      "They are signed out everywhere at once, and can no longer sign in. " +
      "Nothing of theirs is deleted.",
    action: "Disable",
    done: "disabled",
    danger: true,
  };
}
