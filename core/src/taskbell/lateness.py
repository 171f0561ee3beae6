"""How late we are: the one figure to alarm on.

Cheap whatever the tables hold: each part looks at the head of an index.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import String

from taskbell.jobs.kinds import LANES

LATE_SECONDS = 60.0
"""What is later than that makes the installation `degraded`."""

# Of reminders that nobody fired, the first ones: as the scan takes them. A delivery is late against
# its plan: one that waits for its retry against that of its first attempt. Webhooks that are tried
# again are left out (see the index): somebody's dead endpoint is no fault of this installation.
LATENESS = text("""
    WITH RECURSIVE unfired AS (
        SELECT min(greatest(next_fire_at, updated_at)) AS since
        FROM (
            SELECT next_fire_at, updated_at FROM reminder
            WHERE next_fire_at <= statement_timestamp() ORDER BY next_fire_at LIMIT 500
        ) AS first
    ), waiting AS (
        SELECT min(planned_at) AS since FROM delivery
        WHERE state IN ('planned', 'sending') AND planned_at <= statement_timestamp()
    ), retried AS (
        SELECT min(planned.first_at) AS since
        FROM (
            SELECT job_id FROM delivery
            WHERE state IN ('planned', 'sending') AND attempt > 1 AND channel IN ('email', 'push')
            ORDER BY fire_at LIMIT 100
        ) AS late
        CROSS JOIN LATERAL (
            SELECT min(planned_at) AS first_at FROM delivery WHERE job_id = late.job_id
        ) AS planned
    ), heads AS (
        SELECT head.lane, head.priority, head.run_at
        FROM unnest(CAST(:lanes AS text[])) AS known(lane)
        CROSS JOIN LATERAL (
            SELECT lane, priority, run_at FROM job
            WHERE state = 'ready' AND job.lane = known.lane
            ORDER BY priority DESC, run_at LIMIT 1
        ) AS head
        UNION ALL
        SELECT below.lane, below.priority, below.run_at
        FROM heads
        CROSS JOIN LATERAL (
            SELECT lane, priority, run_at FROM job
            WHERE state = 'ready' AND job.lane = heads.lane AND job.priority < heads.priority
            ORDER BY priority DESC, run_at LIMIT 1
        ) AS below
    ), due AS (
        SELECT min(run_at) AS since FROM heads WHERE run_at <= statement_timestamp()
    )
    SELECT
        extract(epoch FROM clock_timestamp() - due.since)::float AS job,
        extract(epoch FROM clock_timestamp()
            - least(unfired.since, waiting.since, retried.since))::float AS reminder
    FROM due, unfired, waiting, retried
""").bindparams(bindparam("lanes", value=list(LANES), type_=ARRAY(String)))


@dataclass(frozen=True)
class Lateness:
    """Seconds, 0 when nothing is late.

    `job`: how long the oldest due job has been waiting for a worker. `reminder`: for how long a
    reminder that is due has not been delivered: not fired, not sent, or not taken by the mail
    server so far.
    """

    job: float
    reminder: float

    @property
    def is_late(self) -> bool:
        """Whether that is more than anybody should put up with."""
        return max(self.job, self.reminder) > LATE_SECONDS


async def measure(executor: AsyncConnection | AsyncSession) -> Lateness:
    """Return how late we are, in one statement."""
    row = (await executor.execute(LATENESS)).one()
    return Lateness(*(round(max(0.0, value or 0.0), 3) for value in (row.job, row.reminder)))
