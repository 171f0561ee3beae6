import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { now } from "../../clock";
import { filterOf, known, listOf, phase } from "../../lists";
import { tell } from "../../notices";
import { deleteFeed, listFeeds } from "../../organizing";
import * as session from "../../session";
import { agoText } from "../../time";
import type { Feed } from "../../types";
import { Confirm } from "../Confirm";
import { ListFrame } from "../ListFrame";
import { Reveal } from "../Reveal";
import { Section } from "../Section";
import { useList } from "../useList";
import { NewFeed } from "./NewFeed";
import { Once } from "./Once";

export function CalendarFeeds() {
  const list = useList(async () => ({ items: await listFeeds(), total: null, next_cursor: null }));
  const made = useSignal<{ name: string; url: string } | null>(null);
  const asked = useSignal<Feed | null>(null);
  useEffect(() => void known(), []);

  async function revoke({ id, name }: Feed) {
    await deleteFeed(id);
    list.remove((one) => one.id === id);
    tell(`Revoked “${name}”.`);
  }

  return (
    <Section
      title="Calendar feeds"
      about={
        <>
          Your pending tasks with a due date, in any calendar that subscribes to an address. It
          reads them, and cannot change them.
        </>
      }
    >
      <ListFrame list={list} empty="There are no calendar feeds.">
        {(feed) => <Row key={feed.id} feed={feed} onRevoke={() => (asked.value = feed)} />}
      </ListFrame>
      {made.value ? (
        <Once
          label="The address of the calendar"
          secret={made.value.url}
          onDone={() => (made.value = null)}
        >
          <strong>
            This is the address of “{made.value.name}”. Copy it now: it is not shown again.
          </strong>{" "}
          Whoever has it can read these tasks without signing in, so give it to your calendar only.
        </Once>
      ) : (
        <Reveal label="New calendar feed">
          {(close) => (
            <NewFeed
              onMade={(feed) => {
                made.value = feed;
                void list.load();
              }}
              onCancel={close}
            />
          )}
        </Reveal>
      )}
      {asked.value && (
        <Confirm
          title={`Revoke “${asked.value.name}”?`}
          action={["Revoke", "Revoking…"]}
          danger
          onConfirm={() => revoke(asked.value as Feed)}
          onClosed={() => (asked.value = null)}
        >
          {() => (
            <p>Calendars that use this address get nothing any more. It cannot be brought back.</p>
          )}
        </Confirm>
      )}
    </Section>
  );
}

function Row({ feed, onRevoke }: { feed: Feed; onRevoke: () => void }) {
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{feed.name}</strong>
        </p>
        <p class="facts">
          <span>{contentOf(feed)}</span>
          <span>{feed.alarms ? "With alarms" : "Without alarms"}</span>
          <span>
            {feed.last_used_at
              ? `Read ${agoText(feed.last_used_at, session.zone.value, now.value)}`
              : "Not read yet"}
          </span>
        </p>
      </div>
      <button
        type="button"
        class="button small"
        aria-label={`Revoke ${feed.name}`}
        onClick={onRevoke}
      >
        Revoke
      </button>
    </li>
  );
}

function contentOf({ filter_id, list_id }: Feed): string {
  if (!filter_id && !list_id) return "All tasks";
  if (phase.value === "loading") return "…";
  if (list_id) return `List ${listOf(list_id)?.name ?? "that is gone"}`;
  return `Filter ${filterOf(filter_id ?? "")?.name ?? "that is gone"}`;
}
