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
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.bulk import as_rows, given, insert_many
from taskbell.db import TO_RING
from taskbell.ids import new_id
from taskbell.jobs import queries
from taskbell.jobs.kinds import Kind, P
from taskbell.jobs.models import Job

DOORBELL_PATIENCE = timedelta(seconds=1)
_DUE = func.coalesce(given("run_at"), func.statement_timestamp())
_INSERT_MANY = (
    insert_many(
        Job, "id", "kind", "lane", "payload", "payload_version", "dedupe_key", "group_key",
        "priority", "max_attempts", "request_id", "run_at",
        run_at=_DUE, ticket_at=_DUE, created_at=func.statement_timestamp(),
    )
    .on_conflict_do_nothing(index_elements=["kind", "dedupe_key"])
    .returning(col(Job.id))
)  # fmt: skip


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
    moment = func.clock_timestamp()
    row |= {"created_at": moment, "expires_at": expires_at, "run_at": run_at or moment}
    row["ticket_at"] = run_at or moment + DOORBELL_PATIENCE
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
    rows = [{**_row(kind, job), "run_at": job.run_at} for job in jobs]
    added = await session.scalars(_INSERT_MANY, as_rows(_INSERT_MANY, rows))
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
