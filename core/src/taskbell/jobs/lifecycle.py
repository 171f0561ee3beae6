"""What happens to a job after it was enqueued: tickets, claims, leases, ends.

Functions take a connection on which each statement is its own transaction, or (to end a job
together with what it wrote) the session of that transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from taskbell.jobs import queries
from taskbell.jobs.errors import LeaseLostError

LEASE_SECONDS = 60.0
TICKET_PATIENCE_SECONDS = 60.0
MOST_CRASHES = 3

Executor = AsyncConnection | AsyncSession


@dataclass(frozen=True)
class Ticket:
    """A hint to a worker that a job is due. May be lost, doubled or stale."""

    job_id: UUID
    attempts: int


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this worker may run until its lease ends."""

    id: UUID
    kind: str
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


def _claimed(row: Row[Any]) -> ClaimedJob:
    return ClaimedJob(**row._mapping)  # noqa: SLF001 (public in spite of its name)


async def ticket(connection: AsyncConnection, *, most: int) -> list[Ticket]:
    """Pick at most `most` due jobs whose last ticket is too old, highest priority first."""
    rows = await connection.execute(
        queries.TICKET, {"most": most, "patience": TICKET_PATIENCE_SECONDS}
    )
    ordered = sorted(rows, key=lambda row: (-row.priority, row.id))
    return [Ticket(row.id, row.attempts) for row in ordered]


async def reticket(connection: AsyncConnection, job_ids: Sequence[UUID]) -> None:
    """Let the relay hand out new tickets for jobs whose ticket was taken in vain."""
    await connection.execute(queries.RETICKET, {"ids": list(job_ids)})


async def reticket_all(connection: AsyncConnection) -> int:
    """Let the relay hand out new tickets for every due job: Redis lost those it had."""
    return (await connection.execute(queries.RETICKET_ALL)).rowcount


async def claim(connection: AsyncConnection, job_id: UUID, *, owner: str) -> ClaimedJob | None:
    """Take a due job, or return None: the ticket was stale."""
    row = (
        await connection.execute(
            queries.CLAIM, {"id": job_id, "owner": owner, "lease": LEASE_SECONDS}
        )
    ).one_or_none()
    return _claimed(row) if row else None


async def claim_next(connection: AsyncConnection, *, owner: str, most: int) -> list[ClaimedJob]:
    """Take up to `most` due jobs without a ticket: for when Redis is away."""
    rows = await connection.execute(
        queries.CLAIM_NEXT, {"owner": owner, "lease": LEASE_SECONDS, "most": most}
    )
    return [_claimed(row) for row in rows]


async def heartbeat(connection: AsyncConnection, jobs: Sequence[ClaimedJob]) -> set[UUID]:
    """Prolong the leases of `jobs`; return the ids of those that are still ours."""
    rows = await connection.execute(
        queries.HEARTBEAT,
        {
            "ids": [job.id for job in jobs],
            "tokens": [job.lease_token for job in jobs],
            "lease": LEASE_SECONDS,
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
    await _guarded(executor, queries.START_EFFECT, job, lease=LEASE_SECONDS)


async def done(executor: Executor, job: ClaimedJob) -> None:
    """End a job well. Raises `LeaseLostError`."""
    await _guarded(executor, queries.DONE, job)


async def retry(
    executor: Executor, job: ClaimedJob, *, error: str, delay: float, ambiguous: bool = False
) -> datetime:
    """Put a failed job back for `delay` seconds; return when it runs. Raises `LeaseLostError`."""
    row = await _guarded(
        executor, queries.RETRY, job, error=error[:2000], delay=delay, ambiguous=int(ambiguous)
    )
    run_at: datetime = row.run_at
    return run_at


async def dead(executor: Executor, job: ClaimedJob, *, error: str, ambiguous: bool = False) -> None:
    """Give a job up, with the reason. Raises `LeaseLostError`."""
    await _guarded(executor, queries.DEAD, job, error=error[:2000], ambiguous=int(ambiguous))


async def release(executor: Executor, job: ClaimedJob) -> None:
    """Give a job back unharmed: the worker stops. Raises `LeaseLostError`."""
    await _guarded(executor, queries.RELEASE, job)


async def sweep(connection: AsyncConnection) -> list[Row[Any]]:
    """Take jobs away from workers whose lease ran out; `MOST_CRASHES` of that and it is dead."""
    return list(await connection.execute(queries.SWEEP, {"most_crashes": MOST_CRASHES}))


async def expire(connection: AsyncConnection) -> list[Row[Any]]:
    """Cancel jobs that were not started in time."""
    return list(await connection.execute(queries.EXPIRE))


async def prune(connection: AsyncConnection) -> int:
    """Delete one batch of jobs that ended long ago; return how many."""
    return (await connection.execute(queries.PRUNE)).rowcount


async def oldest_due_seconds(connection: AsyncConnection) -> float:
    """Return how long the oldest due job has been waiting, 0 when none is."""
    return float(await connection.scalar(queries.OLDEST_DUE) or 0.0)
