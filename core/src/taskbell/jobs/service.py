"""Enqueueing: a job is a row, written in the transaction of what caused it.

The first ticket is the doorbell that rings after the commit; should it be lost, the relay hands out
the next one after `DOORBELL_PATIENCE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.db import TO_RING
from taskbell.ids import new_id
from taskbell.jobs import queries
from taskbell.jobs.kinds import Kind, P
from taskbell.jobs.models import Job

DOORBELL_PATIENCE = timedelta(seconds=1)
_TIMES = ("run_at", "ticket_at", "created_at")


@dataclass(frozen=True)
class NewJob:
    """A job to be enqueued in bulk; see `enqueue` for the fields."""

    payload: Any
    id: UUID
    dedupe_key: str | None = None
    group_key: str | None = None
    run_at: datetime | None = None


async def enqueue(
    session: AsyncSession,
    kind: Kind[P],
    payload: P,
    *,
    run_at: datetime | None = None,
    expires_at: datetime | None = None,
    dedupe_key: str | None = None,
    group_key: str | None = None,
) -> UUID | None:
    """Add a job to the caller's transaction and return its id.

    Returns None, and adds nothing, when a job of this kind and `dedupe_key` exists. `expires_at`:
    cancelled if not started by then. `group_key`: see `cancel_groups`.
    """
    row = _row(kind, NewJob(payload, new_id(), dedupe_key, group_key))
    row["expires_at"] = expires_at
    if run_at is None:
        row["ticket_at"] = func.clock_timestamp() + DOORBELL_PATIENCE
    else:
        row["run_at"] = row["ticket_at"] = run_at
    added: UUID | None = await session.scalar(
        insert(Job)
        .values(row)
        .on_conflict_do_nothing(index_elements=["kind", "dedupe_key"])
        .returning(col(Job.id))
    )
    if added and run_at is None:
        session.info.setdefault(TO_RING, []).append(added)
    return added


async def enqueue_many(session: AsyncSession, kind: Kind[P], jobs: Sequence[NewJob]) -> list[UUID]:
    """Add jobs, due now unless they say when, and return the ids of those that are new.

    Rings no doorbell: the relay hands out tickets at the rate the workers keep up with.
    """
    if not jobs:
        return []
    moment = await session.scalar(select(func.clock_timestamp()))  # bulk rows take values only
    rows = [
        _row(kind, job)
        | dict.fromkeys(_TIMES, moment)
        | (dict.fromkeys(("run_at", "ticket_at"), job.run_at) if job.run_at else {})
        for job in jobs
    ]
    added = await session.scalars(
        insert(Job)
        .on_conflict_do_nothing(index_elements=["kind", "dedupe_key"])
        .returning(col(Job.id)),
        rows,
    )
    return list(added)


def _row(kind: Kind[P], job: NewJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": kind.name,
        "lane": kind.lane,
        "payload": job.payload.model_dump(mode="json"),
        "payload_version": kind.version,
        "dedupe_key": job.dedupe_key,
        "group_key": job.group_key,
        "priority": kind.priority,
        "max_attempts": kind.retry.max_attempts,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
        **dict.fromkeys(_TIMES, func.clock_timestamp()),
    }


async def cancel_groups(
    session: AsyncSession, *, group_keys: Sequence[str], reason: str
) -> list[UUID]:
    """Cancel the jobs of some groups that have not started; return their ids."""
    if not group_keys:
        return []
    cancelled = await session.execute(
        queries.CANCEL_GROUPS, {"group_keys": list(group_keys), "reason": reason}
    )
    return [row.id for row in cancelled]
