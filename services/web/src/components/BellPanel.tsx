import { useEffect, useRef } from "preact/hooks";

import * as bell from "../bell";
import { now } from "../clock";
import { openTask } from "../opened";
import { explain } from "../problem";
import { follow } from "../route";
import * as session from "../session";
import { agoText, spanText } from "../time";
import type { Notification } from "../types";
import { Alert } from "./Alert";
import { Icon } from "./Icon";
import { useAction } from "./useAction";

/** A minute of delay is nothing anybody needs to hear of. */
const LATE_SECONDS = 60;

interface Props {
  id: string;
  onClose: () => void;
}

/** The notifications, the newest first. */
export function BellPanel({ id, onClose }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const items = bell.items.value;
  const reading = useAction(bell.more);
  useEffect(() => heading.current?.focus(), []);

  function open(one: Notification) {
    void bell.read(one.id);
    if (!one.task_id) return;
    onClose();
    void openTask(one.task_id);
  }

  async function remove(one: Notification) {
    const at = items?.indexOf(one) ?? 0;
    await bell.remove(one);
    // The one that takes its place gets the focus, so that the keyboard stays here.
    requestAnimationFrame(() => {
      const rest = list.current?.querySelectorAll<HTMLElement>(".notification-open") ?? [];
      (rest[Math.min(at, rest.length - 1)] ?? heading.current)?.focus();
    });
  }

  return (
    <div id={id} class="bell-panel" role="dialog" aria-labelledby={`${id}-title`}>
      <div class="bell-head">
        <h2 ref={heading} id={`${id}-title`} tabIndex={-1}>
          Notifications
        </h2>
        {bell.unread.value > 0 && (
          <button type="button" class="button quiet small" onClick={() => void bell.readAll()}>
            Mark all as read
          </button>
        )}
        <a
          class="button quiet small square"
          href="/settings/notifications"
          aria-label="Notification settings"
          title="Notification settings"
          onClick={(event) => {
            onClose();
            follow(event);
          }}
        >
          <Icon name="gear" />
        </a>
        <button
          type="button"
          class="button quiet small square"
          aria-label="Close notifications"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      {bell.failure.value !== null && <Failed />}
      {items === null && bell.failure.value === null && <p class="muted delayed">Loading…</p>}
      {items?.length === 0 && (
        <div class="bell-empty">
          <Icon name="bell" />
          <p>Nothing here yet.</p>
          <p class="muted">Reminders that go to Taskbell show up here, as soon as they are due.</p>
        </div>
      )}
      {items && items.length > 0 && (
        <ul ref={list} class="notifications">
          {items.map((one) => (
            <Row key={one.id} one={one} onOpen={() => open(one)} onDelete={() => remove(one)} />
          ))}
        </ul>
      )}
      <Alert>{reading.message}</Alert>
      {bell.nextCursor.value && (
        <button
          type="button"
          class="button small"
          aria-disabled={reading.busy}
          onClick={() => void reading.run()}
        >
          {reading.busy ? "Loading…" : "Load more"}
        </button>
      )}
    </div>
  );
}

function Failed() {
  return (
    <Alert>
      {explain(bell.failure.value)}{" "}
      <button type="button" class="link" onClick={() => void bell.load()}>
        Try again
      </button>
    </Alert>
  );
}

interface RowProps {
  one: Notification;
  onOpen: () => void;
  onDelete: () => Promise<void>;
}

function Row({ one, onOpen, onDelete }: RowProps) {
  const zone = session.zone.value;
  const isNew = one.read_at === null;
  const late = one.late_seconds ?? 0;
  const at = one.fire_at ?? one.created_at;
  return (
    <li class={`notification ${isNew ? "unread" : ""}`}>
      <button type="button" class="notification-open" onClick={onOpen}>
        <span class="notification-title">
          {isNew && <span class="sr-only">Unread: </span>}
          {one.title}
        </span>
        {one.body && <span class="notification-body">{one.body}</span>}
        <span class="facts">
          <time dateTime={at}>{agoText(at, zone, now.value)}</time>
          {late >= LATE_SECONDS && <span class="badge warn">{spanText(late)} late</span>}
          {one.kind === "reminder" && !one.task_id && <span>The task is gone</span>}
        </span>
      </button>
      <button
        type="button"
        class="button quiet small square"
        aria-label={`Delete notification ${one.title}`}
        onClick={() => void onDelete()}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}
