"""What administrators see of jobs, and do with dead ones."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.db import TO_RING
from taskbell.errors import ConflictError, NotFoundError
from taskbell.jobs.models import Job
from taskbell.paging import InvalidCursorError, decode_cursor, encode_cursor

MOST_RETRIED = 1000
"""Dead jobs that come back at once: they lie in the way of nobody else then."""

AS_NEW: dict[str, Any] = {
    "state": "ready",
    "attempts": 0,
    "crashes": 0,
    "finished_at": None,
    "expires_at": None,
    "run_at": func.now(),
    "ticket_at": func.now(),
}

log = structlog.get_logger(__name__)


class JobNotFoundError(NotFoundError):
    code = "job_not_found"
    title = "There is no such job"


class JobNotDeadError(ConflictError):
    code = "job_not_dead"
    title = "Only a dead job can be tried again"


async def list_jobs(
    session: AsyncSession,
    *,
    state: str,
    kind: str | None = None,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> tuple[list[Job], int | None, str | None]:
    """Return a page of jobs, those that changed last first; their number, and the next cursor.

    Raises `InvalidCursorError`.
    """
    moment: Any = col(Job.run_at) if state in {"ready", "running"} else col(Job.finished_at)
    conditions: list[Any] = [col(Job.state) == state]
    if kind is not None:
        conditions.append(col(Job.kind) == kind)
    wanted = select(Job).where(*conditions).order_by(moment.desc(), col(Job.id).desc())
    total = None
    if cursor is not None:
        wanted = wanted.where(tuple_(moment, col(Job.id)) < _place(cursor))
    else:
        wanted = wanted.offset((page - 1) * per_page)
        total = await session.scalar(select(func.count()).select_from(Job).where(*conditions))
    found = list(await session.scalars(wanted.limit(per_page + 1)))
    following = None
    if len(found) > per_page:
        last = found[per_page - 1]
        when = last.run_at if state in {"ready", "running"} else last.finished_at
        following = encode_cursor(when.isoformat() if when else None, str(last.id))
    return found[:per_page], total, following


def _place(cursor: str) -> tuple[datetime, UUID]:
    when, job_id = decode_cursor(cursor, length=2)
    try:
        moment = datetime.fromisoformat(when)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC), UUID(job_id)  # at the ends of time there is no UTC
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise InvalidCursorError from None


async def retry_job(session: AsyncSession, *, job_id: UUID, admin_id: UUID) -> Job:
    """Let a dead job run again, as if it were new. Raises `JobNotFoundError`, `JobNotDeadError`."""
    job: Job | None = await session.scalar(
        update(Job)
        .where(col(Job.id) == job_id, col(Job.state) == "dead")
        .values(AS_NEW)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if job is None:
        if await session.get(Job, job_id) is None:
            raise JobNotFoundError
        raise JobNotDeadError
    session.info.setdefault(TO_RING, []).append(job.id)
    log.warning("job_retried", job_id=str(job.id), kind=job.kind, by=str(admin_id))
    return job


class Retried(NamedTuple):
    """How many dead jobs run again, and how many of their kind are dead still."""

    retried: int
    left: int


async def retry_kind(
    session: AsyncSession, *, kind: str, admin_id: UUID, most: int = MOST_RETRIED
) -> Retried:
    """Let up to `most` dead jobs of a kind run again, those that died first; an unknown one has 0.

    What they are about looks by itself whether it is still wanted, as after any delay.
    """
    dead = (col(Job.kind) == kind, col(Job.state) == "dead")
    first = (
        select(col(Job.id))
        .where(*dead)
        .order_by(col(Job.finished_at))
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("first")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    retried = await session.scalars(
        update(Job)
        .where(col(Job.id) == first.c.id)
        .values(AS_NEW)
        .returning(col(Job.id))
        .execution_options(synchronize_session=False)
    )
    count = len(retried.all())  # no doorbell: the relay hands out tickets as workers keep up
    left = await session.scalar(select(func.count()).select_from(Job).where(*dead)) or 0
    if count:
        log.warning("jobs_retried", kind=kind, jobs=count, left=left, by=str(admin_id))
    return Retried(count, left)


async def count_dead(session: AsyncSession) -> dict[str, int]:
    """Return how many dead jobs there are of each kind that has some."""
    rows = await session.execute(
        select(col(Job.kind), func.count())
        .where(col(Job.state) == "dead")
        .group_by(col(Job.kind))
        .order_by(col(Job.kind))
    )
    return {row[0]: row[1] for row in rows}


async def count_by_state(session: AsyncSession) -> dict[str, int]:
    """Return how many jobs are in each state."""
    rows = await session.execute(select(col(Job.state), func.count()).group_by(col(Job.state)))
    return {row[0]: row[1] for row in rows}
