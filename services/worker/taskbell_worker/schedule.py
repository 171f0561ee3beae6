"""What happens at a time: due reminders, expired leases, old rows, daily jobs."""

import time

import structlog

from taskbell.clock import now
from taskbell.db import Database
from taskbell.digest.service import plan_digests
from taskbell.events.service import prune as prune_events
from taskbell.housekeeping import DAILY, DailyPayload
from taskbell.jobs import lifecycle
from taskbell.jobs.service import enqueue
from taskbell.reminders.firing import fire_due
from taskbell_worker.giving_up import give_up
from taskbell_worker.relay import Relay

MOST_FIRED = 200
FIRING_PAUSE_SECONDS = 0.15
"""Between rounds while more is due. Fired faster than mails can be sent, thousands that are due at
once would take the time of people who are using Taskbell in that moment. The last of 10,000 is
shown inside Taskbell after about ten seconds."""

DIGEST_SECONDS = 5.0
SWEEP_SECONDS = 2.0
PRUNE_SECONDS = 60.0
MOST_EVENTS = 5000
PRUNE_EVENTS_SECONDS = 60.0
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
            return FIRING_PAUSE_SECONDS
        return 1.005 - time.time() % 1

    async def plan_digests(self) -> float:
        """Plan the digests whose time has come."""
        async with self._database.transaction() as session:
            planned = await plan_digests(session, most=MOST_FIRED)
        if planned:
            log.info("digests_planned", digests=planned)
            self._relay.wake()
        return FIRING_PAUSE_SECONDS if planned == MOST_FIRED else DIGEST_SECONDS

    async def sweep(self) -> float:
        """Take jobs back from workers that died; cancel those that expired."""
        async with self._database.transaction() as session:
            swept = await lifecycle.sweep(session)
            expired = await lifecycle.expire(session)
            given_up = [job.id for job in swept if job.state == "dead"]
            given_up += [job.id for job in expired]
            if given_up:
                await give_up(session, job_ids=given_up)
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

    async def prune_events(self) -> float:
        """Delete events that no page can ask for any more."""
        async with self._database.connection() as connection:
            pruned = await prune_events(connection, most=MOST_EVENTS)
        if pruned:
            log.info("events_pruned", events=pruned)
        return 0.5 if pruned == MOST_EVENTS else PRUNE_EVENTS_SECONDS

    async def daily(self) -> float:
        """Enqueue the jobs of the day; the date in their key makes each run once."""
        day = now().date().isoformat()
        async with self._database.transaction() as session:
            for kind in DAILY:
                await enqueue(session, kind, DailyPayload(), dedupe_key=day)
        return DAILY_SECONDS
