"""What happens to a job after it was enqueued: tickets, claims, leases, ends.

Functions take a connection on which each statement is its own transaction, or (to end a job
together with what it wrote) the session of that transaction.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from taskbell.jobs import queries
from taskbell.jobs.errors import LeaseLostError
from taskbell.jobs.kinds import LANES
from taskbell.jobs.limits import LEASE_SECONDS, TICKET_PATIENCE_SECONDS
from taskbell.jobs.models import MOST_CRASHES
from taskbell.text import storable

MOST_ERROR = 2000
"""Characters kept of why an attempt failed."""

Executor = AsyncConnection | AsyncSession


@dataclass(frozen=True)
class Ticket:
    """A hint to a worker that a job is due. May be lost, doubled or stale."""

    job_id: UUID
    attempts: int
    priority: int = 0
    lane: str = field(default="main", compare=False)


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this worker may run until its lease ends: `lease_seconds` from when it `asked`
    for it, by the clock of `time.monotonic`.
    """

    id: UUID
    kind: str
    lane: str
    payload: dict[str, Any]
    payload_version: int
    attempts: int
    max_attempts: int
    crashes: int
    ambiguous: int
    lease_token: UUID
    request_id: str | None
    run_at: datetime
    created_at: datetime
    lease_seconds: float = LEASE_SECONDS
    asked: float = field(default_factory=time.monotonic)


def _claimed(row: Row[Any], lease: float, asked: float) -> ClaimedJob:
    return ClaimedJob(**row._mapping, lease_seconds=lease, asked=asked)  # noqa: SLF001 (public, really)


async def ticket(
    executor: Executor,
    *,
    most: int,
    patience: float = TICKET_PATIENCE_SECONDS,
    lanes: Sequence[str] = LANES,
) -> list[Ticket]:
    """Pick at most `most` due jobs of each lane whose last ticket is too old."""
    values = {"most": most, "patience": patience, "lanes": list(lanes)}
    rows = await executor.execute(queries.TICKET, values)
    return [Ticket(row.id, row.attempts, row.priority, row.lane) for row in rows]


async def reticket(connection: AsyncConnection, job_ids: Sequence[UUID]) -> None:
    """Let the relay hand out new tickets for jobs whose ticket was taken in vain."""
    await connection.execute(queries.RETICKET, {"ids": list(job_ids)})


async def reticket_all(connection: AsyncConnection) -> int:
    """Let the relay hand out new tickets for every due job: Redis lost those it had."""
    return (await connection.execute(queries.RETICKET_ALL)).rowcount


async def claim(
    connection: AsyncConnection,
    job_id: UUID,
    *,
    owner: str,
    lease: float = LEASE_SECONDS,
    token: UUID | None = None,
    lanes: Sequence[str] = LANES,
) -> ClaimedJob | None:
    """Take a due job of these lanes for `lease` seconds, or return None: the ticket was stale.

    `token`: for `unclaim`, should the answer be lost. One on its last chance is left alone.
    """
    values = {"id": job_id, "lanes": list(lanes), **_claim_values(owner, lease, token)}
    asked = time.monotonic()
    row = (await connection.execute(queries.CLAIM, values)).one_or_none()
    return _claimed(row, lease, asked) if row else None


async def claim_next(
    connection: AsyncConnection,
    *,
    owner: str,
    most: int,
    lane: str = "main",
    lease: float = LEASE_SECONDS,
    token: UUID | None = None,
) -> list[ClaimedJob]:
    """Take up to `most` due jobs of a lane without a ticket."""
    values = {"most": most, "lane": lane, **_claim_values(owner, lease, token)}
    asked = time.monotonic()
    rows = await connection.execute(queries.CLAIM_NEXT, values)
    return [_claimed(row, lease, asked) for row in rows]


async def last_chances(connection: AsyncConnection) -> list[UUID]:
    """Return due jobs that are dead if they crash once more, the oldest first."""
    return list((await connection.execute(queries.LAST_CHANCES)).scalars())


async def claim_last_chance(
    connection: AsyncConnection, job_id: UUID, *, owner: str, lease: float = LEASE_SECONDS
) -> ClaimedJob | None:
    """Take a due job that is on its last chance, or return None: somebody else did."""
    values = {"id": job_id, **_claim_values(owner, lease, None)}
    asked = time.monotonic()
    row = (await connection.execute(queries.CLAIM_LAST_CHANCE, values)).one_or_none()
    return _claimed(row, lease, asked) if row else None


def _claim_values(owner: str, lease: float, token: UUID | None) -> dict[str, Any]:
    return {"owner": owner, "lease": lease, "token": token or uuid4()}


async def unclaim(connection: AsyncConnection, tokens: Sequence[UUID]) -> None:
    """Give back what was claimed with these tokens, if anything: nobody heard the answer."""
    await connection.execute(queries.UNCLAIM, {"tokens": list(tokens)})


async def heartbeat(connection: AsyncConnection, jobs: Sequence[ClaimedJob]) -> set[UUID]:
    """Prolong the leases of `jobs`, which are as long; return the ids of those still ours."""
    rows = await connection.execute(
        queries.HEARTBEAT,
        {
            "ids": [job.id for job in jobs],
            "tokens": [job.lease_token for job in jobs],
            "lease": jobs[0].lease_seconds,
        },
    )
    return {row.id for row in rows}


async def _guarded(executor: Executor, statement: Any, job: ClaimedJob, **values: Any) -> Row[Any]:
    row = (
        await executor.execute(statement, {"id": job.id, "token": job.lease_token, **values})
    ).one_or_none()
    if row is None:
        raise LeaseLostError(f"job {job.id} is no longer ours")
    return row


async def start_effect(executor: Executor, job: ClaimedJob) -> None:
    """Note that an effect outside the database begins. Raises `LeaseLostError`."""
    await _guarded(executor, queries.START_EFFECT, job, lease=job.lease_seconds)


async def done(executor: Executor, job: ClaimedJob) -> None:
    """End a job well. Raises `LeaseLostError`."""
    await _guarded(executor, queries.DONE, job)


async def retry(
    executor: Executor, job: ClaimedJob, *, error: str, delay: float, ambiguous: bool = False
) -> datetime:
    """Put a failed job back for `delay` seconds; return when it runs. Raises `LeaseLostError`."""
    row = await _guarded(
        executor,
        queries.RETRY,
        job,
        error=storable(error, MOST_ERROR),
        delay=delay,
        ambiguous=int(ambiguous),
    )
    run_at: datetime = row.run_at
    return run_at


async def dead(executor: Executor, job: ClaimedJob, *, error: str, ambiguous: bool = False) -> None:
    """Give a job up, with the reason. Raises `LeaseLostError`."""
    await _guarded(
        executor, queries.DEAD, job, error=storable(error, MOST_ERROR), ambiguous=int(ambiguous)
    )


async def release(executor: Executor, job: ClaimedJob, *, reason: str | None = None) -> None:
    """Give a job back unharmed, to be run at once. Raises `LeaseLostError`."""
    await _guarded(executor, queries.RELEASE, job, reason=reason)


async def postpone(executor: Executor, job: ClaimedJob, *, delay: float) -> None:
    """Put back for `delay` seconds a job that has not begun: as if it had not been claimed.

    Raises `LeaseLostError`.
    """
    await _guarded(executor, queries.POSTPONE, job, delay=delay)


async def sweep(executor: Executor) -> list[Row[Any]]:
    """Take jobs away from workers whose lease ran out; `MOST_CRASHES` of that and it is dead."""
    return list(await executor.execute(queries.SWEEP, {"most_crashes": MOST_CRASHES}))


async def expire(executor: Executor) -> list[Row[Any]]:
    """Cancel jobs that were not started in time."""
    return list(await executor.execute(queries.EXPIRE))


async def prune(connection: AsyncConnection) -> int:
    """Delete one batch of jobs that ended long ago; return how many."""
    return (await connection.execute(queries.PRUNE)).rowcount


async def oldest_due_seconds(executor: Executor) -> float:
    """Return how long the oldest due job has been waiting, 0 when none is."""
    return float(await executor.scalar(queries.OLDEST_DUE) or 0.0)
