"""Figures for whoever watches an installation: what waits, what failed, what was delivered.

For programs that ask again and again: nothing here counts what is long over.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from taskbell import lateness
from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.lateness import Lateness
from taskbell.reminders.models import Delivery, Reminder

LATELY = timedelta(days=1)


@dataclass(frozen=True)
class Operating:
    """`jobs` by kind and state (`due`, `running`, `dead`); `deliveries` by channel and state."""

    late: Lateness
    reminders_due: int
    jobs: dict[tuple[str, str], int]
    deliveries: dict[tuple[str, str], int]


async def collect(connection: AsyncConnection) -> Operating:
    """Return the figures, in six statements; the time they take grows with what waits."""
    due = and_(col(Job.state) == "ready", col(Job.run_at) <= func.statement_timestamp())
    jobs: dict[tuple[str, str], int] = {}
    for state, condition in (
        ("due", due),
        ("running", col(Job.state) == "running"),
        ("dead", col(Job.state) == "dead"),
    ):
        rows = await connection.execute(
            select(col(Job.kind), func.count()).where(condition).group_by(col(Job.kind))
        )
        jobs |= {(row[0], state): row[1] for row in rows}
    reminders_due = await connection.scalar(
        select(func.count())
        .select_from(Reminder)
        .where(col(Reminder.next_fire_at) <= func.statement_timestamp())
    )
    # ids are in the order of time: the primary key finds those of the last day
    attempts = await connection.execute(
        select(col(Delivery.channel), col(Delivery.state), func.count())
        .where(col(Delivery.id) >= _first_id_since(LATELY))
        .group_by(col(Delivery.channel), col(Delivery.state))
    )
    deliveries = {(channel, state): count for channel, state, count in attempts}
    return Operating(await lateness.measure(connection), reminders_due or 0, jobs, deliveries)


def _first_id_since(time: timedelta) -> UUID:
    """Return the smallest UUIDv7 of what was made in the last `time` (RFC 9562 §5.7)."""
    milliseconds = int((now() - time).timestamp() * 1000)
    return UUID(int=milliseconds << 80)
