"""What happens at a time: due reminders, expired leases, old rows, daily jobs."""

import time

import structlog

from taskbell.clock import now
from taskbell.db import Database
from taskbell.housekeeping import DAILY, DailyPayload
from taskbell.jobs import lifecycle
from taskbell.jobs.service import enqueue
from taskbell.reminders.firing import abandon_deliveries, fire_due
from taskbell.transfer.service import abandon_imports
from taskbell_worker.handlers.imports import GIVEN_UP
from taskbell_worker.relay import Relay

MOST_FIRED = 500
SWEEP_SECONDS = 2.0
PRUNE_SECONDS = 60.0
DAILY_SECONDS = 600.0

log = structlog.get_logger(__name__)


class Schedule:
    """The rounds of the clock, run by every worker at once: each is safe beside the others."""

    def __init__(self, database: Database, relay: Relay) -> None:
        self._database = database
        self._relay = relay

    async def fire_reminders(self) -> float:
        """Fire due reminders; wait for the next full second, when most of them are due."""
        async with self._database.transaction() as session:
            fired = await fire_due(session, most=MOST_FIRED)
        if fired:
            log.info("reminders_fired", reminders=fired)
            self._relay.wake()
        if fired == MOST_FIRED:
            return 0.0
        return 1.005 - time.time() % 1

    async def sweep(self) -> float:
        """Take jobs back from workers that died; cancel those that expired."""
        async with self._database.transaction() as session:
            swept = await lifecycle.sweep(session)
            expired = await lifecycle.expire(session)
            given_up = [job.id for job in swept if job.state == "dead"]
            given_up += [job.id for job in expired]
            if given_up:
                await abandon_deliveries(
                    session, job_ids=given_up, reason="given up: see the job for the reason"
                )
                await abandon_imports(session, job_ids=given_up, reason=GIVEN_UP)
        for job in swept:
            log.warning(
                "lease_expired", job_id=str(job.id), kind=job.kind, state=job.state,
                crashes=job.crashes, ambiguous=job.effect_started_at is not None,
            )  # fmt: skip
        if expired:
            log.warning("jobs_expired", jobs=len(expired))
        if swept:
            self._relay.wake()
        return SWEEP_SECONDS

    async def prune(self) -> float:
        """Delete jobs that ended long ago."""
        async with self._database.connection() as connection:
            pruned = await lifecycle.prune(connection)
        if pruned:
            log.info("jobs_pruned", jobs=pruned)
        return 0.5 if pruned == 1000 else PRUNE_SECONDS

    async def daily(self) -> float:
        """Enqueue the jobs of the day; the date in their key makes each run once."""
        day = now().date().isoformat()
        async with self._database.transaction() as session:
            for kind in DAILY:
                await enqueue(session, kind, DailyPayload(), dedupe_key=day)
        return DAILY_SECONDS
