import { useSignal } from "@preact/signals";

import { listTokens, revokeToken } from "../../account";
import { now } from "../../clock";
import { tell } from "../../notices";
import { scopeText } from "../../scopes";
import * as session from "../../session";
import { agoText, momentText } from "../../time";
import type { ApiToken, Role } from "../../types";
import { Confirm } from "../Confirm";
import { ListFrame } from "../ListFrame";
import { Reveal } from "../Reveal";
import { Section } from "../Section";
import { useList } from "../useList";
import { NewToken } from "./NewToken";
import { TokenOnce } from "./TokenOnce";

export function ApiTokens({ role }: { role: Role }) {
  const list = useList(listTokens);
  const made = useSignal<{ name: string; token: string } | null>(null);
  const asked = useSignal<ApiToken | null>(null);

  async function revoke(item: ApiToken) {
    await revokeToken(item.id);
    list.remove(({ id }) => id === item.id);
    tell(`Revoked “${item.name}”.`);
  }

  return (
    <Section
      title="API tokens"
      about="For your own programs and scripts. Each may do only what you allow it."
    >
      <ListFrame list={list} empty="There are no tokens.">
        {(item) => <Row key={item.id} item={item} onRevoke={() => (asked.value = item)} />}
      </ListFrame>
      {made.value ? (
        <TokenOnce made={made.value} onDone={() => (made.value = null)} />
      ) : (
        <Reveal label="New token">
          {(close) => (
            <NewToken
              role={role}
              onMade={(token) => {
                made.value = token;
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
          onConfirm={() => revoke(asked.value as ApiToken)}
          onClosed={() => (asked.value = null)}
        >
          {() => (
            <p>Programs that use this token are refused at once. It cannot be brought back.</p>
          )}
        </Confirm>
      )}
    </Section>
  );
}

function Row({ item, onRevoke }: { item: ApiToken; onRevoke: () => void }) {
  const zone = session.zone.value;
  const over = item.expires_at !== null && Date.parse(item.expires_at) <= now.value;
  return (
    <li class="row">
      <div class="row-body">
        <p>
          <strong>{item.name}</strong> <code>{item.prefix}…</code>{" "}
          {over && <span class="badge warn">expired</span>}
        </p>
        <p class="muted">{scopeText(item.scopes)}</p>
        <p class="facts">
          <span>
            {item.last_used_at
              ? `Used ${agoText(item.last_used_at, zone, now.value)}`
              : "Never used"}
          </span>
          <span>
            {item.expires_at
              ? `${over ? "Expired" : "Expires"} ${momentText(item.expires_at, zone, now.value)}`
              : "Never expires"}
          </span>
        </p>
      </div>
      <button
        type="button"
        class="button small"
        aria-label={`Revoke ${item.name}`}
        onClick={onRevoke}
      >
        Revoke
      </button>
    </li>
  );
}
