import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { reloadUser } from "../../account";
import { listPeople, updatePerson, type PeopleQuery } from "../../admin";
import { tell } from "../../notices";
import { explain } from "../../problem";
import * as session from "../../session";
import { counted } from "../../time";
import type { Page, Person } from "../../types";
import { Alert } from "../Alert";
import { Confirm } from "../Confirm";
import { Section } from "../Section";
import { Pager } from "./Pager";
import { PeopleFilter } from "./PeopleFilter";
import { PersonRow, wordsFor, type Change } from "./PersonRow";

const FIRST: PeopleQuery = { page: 1, q: "", show: "all" };

export function People() {
  const query = useSignal(FIRST);
  const answer = useSignal<Page<Person> | null>(null);
  const failure = useSignal<unknown>(null);
  const busy = useSignal(true);
  const asked = useSignal<Change | null>(null);
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

  async function carryOut({ person, fields }: Change) {
    const saved = await updatePerson(person.id, fields);
    tell(`${person.name || person.email}: ${wordsFor({ person, fields }).done}.`);
    if (answer.value) {
      const items = answer.value.items.map((one) => (one.id === saved.id ? saved : one));
      answer.value = { ...answer.value, items };
    }
    // Whoever takes the administration from themselves leaves this page.
    if (saved.id === session.user.peek()?.id) await reloadUser();
  }

  const page = answer.value;
  const words = asked.value && wordsFor(asked.value);
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
          {page.items.map((person) => (
            <PersonRow
              key={person.id}
              person={person}
              onAsk={(fields) => (asked.value = { person, fields })}
            />
          ))}
        </ul>
      )}
      <Pager
        page={query.value.page}
        pages={page?.pages ?? 1}
        onGo={(wanted) => (query.value = { ...query.value, page: wanted })}
      />
      {asked.value && words && (
        <Confirm
          title={words.question}
          action={[words.action, "Saving…"]}
          danger={words.danger}
          onConfirm={() => carryOut(asked.value as Change)}
          onClosed={() => (asked.value = null)}
        >
          {() => <p>{words.explanation}</p>}
        </Confirm>
      )}
    </Section>
  );
}
