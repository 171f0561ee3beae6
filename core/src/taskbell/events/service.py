"""Reading what changed, telling who has a page open, and forgetting what is old."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from taskbell.db import TO_TELL, Database
from taskbell.events.positions import Position, name_of

MOST_CHANGES = 1000
"""Whoever has missed more is better off loading everything anew."""


class Change(NamedTuple):
    """Something of a reader's that changed, in transaction `tx`; see `schemas.ChangeOut`."""

    kind: str
    id: UUID
    action: str
    version: int | None
    at: datetime
    tx: int


class Reader(NamedTuple):
    """A user, and how far they have read; None: they want only what comes from now on."""

    owner_id: UUID
    position: Position | None


class Reading(NamedTuple):
    """What readers had not read, in their order, and how far they have read now.

    None stands for somebody whose position is not good any more, or who has missed too much.
    """

    position: Position
    changes: list[list[Change] | None]


# `now` and the rows are of one snapshot, that of the statement. A restored dump may have rows of
# transactions that have not begun here: they wait until those have.
_READ = """
SELECT now.snapshot::text, now.at, now.database, now.timeline,
       found.number, found.kind, found.object_id, found.action, found.version, found.at, found.tx
FROM (
    SELECT pg_current_snapshot() AS snapshot,
           extract(epoch FROM clock_timestamp())::bigint AS at,
           (SELECT system_identifier::text FROM pg_control_system()) AS database,
           left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline
) AS now
LEFT JOIN (
    SELECT reader.number, one.*
    FROM unnest($1::uuid[], $2::bigint[], $3::text[])
         WITH ORDINALITY AS reader(owner_id, first_open, seen, number)
    CROSS JOIN LATERAL (
        SELECT event.kind, event.object_id, event.action, event.version, event.at,
               event.tx
        FROM event
        WHERE event.owner_id = reader.owner_id
          AND event.tx >= reader.first_open
          AND NOT pg_visible_in_snapshot(event.tx::text::xid8, reader.seen::pg_snapshot)
          AND event.tx < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ORDER BY event.tx, event.id
        LIMIT $4
    ) AS one
) AS found ON true
"""


async def read(
    database: Database, readers: Sequence[Reader], *, most: int = MOST_CHANGES
) -> Reading:
    """Return what each of `readers` has not read yet, in one statement for all.

    What one transaction changed comes together, and nothing is left out: a change that is committed
    later is in a later reading, whatever its number.
    """
    known = [(number, one) for number, one in enumerate(readers) if one.position is not None]
    rows = await database.fetch(
        _READ,
        [one.owner_id for _, one in known],
        [one.position.first_open for _, one in known if one.position],
        [one.position.snapshot for _, one in known if one.position],
        most + 1,
    )
    snapshot, at, identifier, timeline = rows[0][:4]
    position = Position.of(name_of((identifier, timeline)), at, snapshot)
    found: list[list[Change]] = [[] for _ in readers]
    for row in rows:
        if row[4] is not None:
            found[known[row[4] - 1][0]].append(Change(*row[5:]))
    return Reading(
        position,
        [
            changes if _is_whole(one.position, position, len(changes) <= most) else None
            for one, changes in zip(readers, found, strict=True)
        ],
    )


def _is_whole(before: Position | None, after: Position, all_of_it: bool) -> bool:
    return all_of_it and (before is None or before.leads_to(after))


def tell(session: AsyncSession, owner_id: UUID) -> None:
    """Let a user's open pages look for changes as soon as the transaction is committed.

    They would find them anyhow, some seconds later. In the API it is done for every caller: only
    changes of what belongs to somebody else need it.
    """
    session.info.setdefault(TO_TELL, set()).add(owner_id)


_PRUNE = text(
    """
WITH gone AS (
    DELETE FROM event WHERE (owner_id, tx, id) IN (
        SELECT owner_id, tx, id FROM event WHERE at < now() - interval '25 hours'
        ORDER BY at LIMIT :most FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM gone
"""
)


async def prune(executor: AsyncConnection | AsyncSession, *, most: int = 5000) -> int:
    """Delete up to `most` events that nobody can ask for any more; return how many.

    Later than `positions.KEPT`, by more than the longest transaction.
    """
    return int((await executor.execute(_PRUNE, {"most": most})).scalar_one())
