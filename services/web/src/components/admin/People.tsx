import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { reloadUser } from "../../account";
import { listPeople, signOutPerson, updatePerson, type PeopleQuery } from "../../admin";
import { tell } from "../../notices";
import { explain } from "../../problem";
import * as session from "../../session";
import { counted } from "../../time";
import type { Page, Person } from "../../types";
import { Alert } from "../Alert";
import { Confirm } from "../Confirm";
import { Section } from "../Section";
import { DEEDS, nameOf, type DeedName } from "./deeds";
import { Pager } from "./Pager";
import { PeopleFilter } from "./PeopleFilter";
import { PersonRow } from "./PersonRow";

const FIRST: PeopleQuery = { page: 1, q: "", show: "all" };

export function People() {
  const query = useSignal(FIRST);
  const answer = useSignal<Page<Person> | null>(null);
  const failure = useSignal<unknown>(null);
  const busy = useSignal(true);
  const asked = useSignal<{ person: Person; deed: DeedName } | null>(null);
  /** Counts the questions, so that an answer which comes too late is not shown. */
  const generation = useRef(0);

  async function load() {
    const mine = ++generation.current;
    busy.value = true;
    try {
      const page = await listPeople(query.peek());
      if (mine !== generation.current) return;
      answer.value = page;
      failure.value = null;
    } catch (error) {
      if (mine === generation.current) failure.value = error;
    }
    if (mine === generation.current) busy.value = false;
  }

  useEffect(() => void load(), [query.value]);

  async function carryOut(person: Person, deed: DeedName) {
    const { changes, done } = DEEDS[deed];
    const saved = changes ? await updatePerson(person.id, changes) : null;
    if (!saved) await signOutPerson(person.id);
    tell(`${nameOf(person)}: ${done}.`);
    if (saved) await takeUp(saved);
  }

  async function takeUp(saved: Person) {
    if (answer.value) {
      const items = answer.value.items.map((one) => (one.id === saved.id ? saved : one));
      answer.value = { ...answer.value, items };
    }
    // Whoever takes the administration from themselves leaves this page.
    if (saved.id === session.user.peek()?.id) await reloadUser();
  }

  const page = answer.value;
  const { person, deed } = asked.value ?? {};
  return (
    <Section title="People">
      <PeopleFilter
        query={query.value}
        onChange={(changes) => (query.value = { ...query.value, ...changes, page: 1 })}
      />
      <p class="muted" role="status">
        {busy.value ? "Loading…" : page?.total != null && counted(page.total, "account")}
      </p>
      {failure.value !== null && (
        <>
          <Alert>{explain(failure.value)}</Alert>
          <div class="actions">
            <button type="button" class="button small" onClick={() => void load()}>
              Try again
            </button>
          </div>
        </>
      )}
      {page && page.items.length > 0 && (
        <ul class={`rows ${busy.value ? "stale" : ""}`}>
          {page.items.map((one) => (
            <PersonRow
              key={one.id}
              person={one}
              onAsk={(wanted) => (asked.value = { person: one, deed: wanted })}
            />
          ))}
        </ul>
      )}
      <Pager
        page={query.value.page}
        pages={page?.pages ?? 1}
        onGo={(wanted) => (query.value = { ...query.value, page: wanted })}
      />
      {person && deed && (
        <Confirm
          title={DEEDS[deed].question(nameOf(person))}
          action={[DEEDS[deed].action, "Saving…"]}
          danger={DEEDS[deed].danger}
          onConfirm={() => carryOut(person, deed)}
          onClosed={() => (asked.value = null)}
        >
          {() => <p>{DEEDS[deed].explanation}</p>}
        </Confirm>
      )}
    </Section>
  );
}
