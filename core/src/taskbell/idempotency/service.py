"""Requests that may be sent twice and take effect once: answers kept for their `Idempotency-Key`.

What a request does and the answer that is kept of it are one transaction: whatever crashes, both
are there or neither. A request holds its key by an advisory lock of that transaction, so that the
lock, too, goes with it.
"""

import re
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, String, bindparam, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import METADATA, Timestamp
from taskbell.idempotency.errors import (
    IdempotencyInFlightError,
    IdempotencyKeyReusedError,
    MalformedIdempotencyKeyError,
)
from taskbell.idempotency.models import IdempotencyKey
from taskbell.statements import Statement

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_LOCKS = 0x7A5C_0001
"""Seed of the hash: apart from whatever else takes advisory locks in this database."""

_STORED = METADATA.tables[str(IdempotencyKey.__tablename__)]


class Answer(NamedTuple):
    """An answer as it is kept. `location`, `etag`: its headers, None for none."""

    status: int
    body: bytes
    location: str | None
    etag: str | None


class _Found(NamedTuple):
    fingerprint: bytes
    answer: Answer


_HOLD = Statement(
    select(
        func.pg_try_advisory_xact_lock(
            func.hashtextextended(bindparam("name", type_=String()), cast(_LOCKS, BigInteger))
        )
    ),
    into=bool,
)
_FIND = Statement(
    select(
        _STORED.c.fingerprint,
        _STORED.c.status,
        _STORED.c.body,
        _STORED.c.location,
        _STORED.c.etag,
    ).where(
        _STORED.c.owner_id == bindparam("caller_id"),
        _STORED.c.key == bindparam("name"),
        _STORED.c.created_at > bindparam("oldest", type_=Timestamp()),
    ),
    into=lambda fingerprint, *answer: _Found(fingerprint, Answer(*answer)),
)


def check_key(key: str) -> None:
    """Raise `MalformedIdempotencyKeyError` unless a key has 1 to 255 visible ASCII characters."""
    if _KEY.fullmatch(key) is None:
        raise MalformedIdempotencyKeyError


async def begin(
    session: AsyncSession, *, owner_id: UUID, key: str, fingerprint: bytes
) -> Answer | None:
    """Hold a key until the transaction ends; return the answer it was used for, None if it is new.

    Raises `IdempotencyInFlightError`, `IdempotencyKeyReusedError`.
    """
    if not await _HOLD.first(session, name=f"{owner_id}{key}"):
        raise IdempotencyInFlightError
    # a statement of its own: it must see what was committed before the lock was free
    found = await _FIND.first(session, caller_id=owner_id, name=key, oldest=now() - KEPT)
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise IdempotencyKeyReusedError
    return found.answer


async def keep(
    session: AsyncSession, *, owner_id: UUID, key: str, fingerprint: bytes, answer: Answer
) -> None:
    """Keep the answer of the request that holds a key; one that is too old is overwritten."""
    values = {"fingerprint": fingerprint, "created_at": now(), **answer._asdict()}
    await session.execute(
        insert(_STORED)
        .values(owner_id=owner_id, key=key, **values)
        .on_conflict_do_update(index_elements=["owner_id", "key"], set_=values)
    )


async def prune_keys(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` answers that are older than `KEPT`; return how many."""
    old = (
        select(col(IdempotencyKey.owner_id), col(IdempotencyKey.key))
        .where(col(IdempotencyKey.created_at) < now() - KEPT)
        .order_by(col(IdempotencyKey.created_at))
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("old")
        .prefix_with("MATERIALIZED")  # a subquery might be run, and locked, more than once
    )
    pruned = await session.execute(
        delete(IdempotencyKey)
        .where(col(IdempotencyKey.owner_id) == old.c.owner_id, col(IdempotencyKey.key) == old.c.key)
        .returning(col(IdempotencyKey.key))
        .execution_options(synchronize_session=False)
    )
    return len(pruned.all())
