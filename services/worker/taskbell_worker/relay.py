"""The relay: hands out tickets for due jobs that have none, in every worker, without a leader.

It is what makes the doorbell optional: a ring that was lost, a retry, a scheduled job and
everything Redis forgot come to a worker this way. Where many are due at once, or more than the
queue should hold, the workers help themselves, many jobs with one statement: a ticket each would
only slow them down.
"""

import asyncio
import random
import time
from collections import Counter

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from taskbell.db import Database, is_unreachable
from taskbell.jobs import lifecycle
from taskbell.jobs.doorbell import QUEUE, send
from taskbell_worker.runner import Runner

MOST_QUEUED = 200
"""arq reads only the head of its queue, and a long queue is only stale sooner."""

LONG_LINE = 100
"""Where so many jobs of a lane have no ticket they get none: most would be stale when taken, which
costs as much as the jobs."""

FULL_PAUSE_SECONDS = 0.05
PROBE_SECONDS = 0.5
"""So long is a Redis that was away given to answer; then jobs are claimed directly for as long."""

EPOCH = "taskbell:epoch"
"""A key that is gone when Redis lost its data."""

log = structlog.get_logger(__name__)


class Relay:
    """Hands out tickets; claims directly while Redis is away."""

    def __init__(
        self,
        database: Database,
        redis: ArqRedis,
        runner: Runner,
        *,
        away_seconds: float,
        patience: float,
    ) -> None:
        self._database = database
        self._redis = redis
        self._runner = runner
        self._away_seconds = away_seconds
        self._patience = patience
        self._failing_since: float | None = None
        self._redis_run: str | None = None
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Do the next round now: there is something due."""
        self._wake.set()

    async def round(self) -> float:
        """One round; returns the seconds to wait (less when woken)."""
        await self._runner.return_tickets()
        more = self._runner.look_at_backlog()
        try:
            async with asyncio.timeout(2.0 if self._failing_since is None else PROBE_SECONDS):
                more |= await self._hand_out()
        except Exception as error:
            if is_unreachable(error) and not isinstance(error, RedisError | TimeoutError):
                raise
            if not isinstance(error, RedisError | OSError | TimeoutError):
                raise
            return await self._without_redis(error)
        if self._failing_since is not None:
            log.info("redis_back", away_seconds=round(time.monotonic() - self._failing_since, 1))
            self._failing_since = None
        if more:
            return FULL_PAUSE_SECONDS
        # no two workers in step; woken early when a reminder fires
        await self._sleep(random.uniform(0.3, 1.0))  # noqa: S311
        return 0.0

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _hand_out(self) -> bool:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(QUEUE)
            pipe.set(EPOCH, "1", nx=True)
            pipe.info("server")
            depth, is_new, server = await pipe.execute()
        # flushed, or started again from a snapshot, which may be an old one
        if is_new or self._redis_run not in {None, server["run_id"]}:
            async with self._database.connection() as connection:
                again = await lifecycle.reticket_all(connection)
            log.warning("redis_forgot", tickets_again=again)
        self._redis_run = server["run_id"]
        lanes = self._runner.wants_tickets()  # of others they would only be stale when taken
        room = MOST_QUEUED - int(depth)
        if not lanes:
            return False
        if room <= 0:
            self._runner.face_backlog(lanes)
            return True
        # in one transaction with the sending: should we die between, they count as not handed out
        async with self._database.transaction() as session:
            tickets = await lifecycle.ticket(
                session, most=min(room, LONG_LINE), patience=self._patience, lanes=lanes
            )
            found = Counter(ticket.lane for ticket in tickets)
            line = [lane for lane, count in found.items() if count >= LONG_LINE]
            if line:
                await session.rollback()
            elif tickets:
                await send(self._redis, tickets)
        long = line or [lane for lane, count in found.items() if count >= room]
        self._runner.face_backlog(long)
        return bool(long)

    async def _without_redis(self, error: Exception) -> float:
        moment = time.monotonic()
        if self._failing_since is None:
            self._failing_since = moment
            log.warning("redis_away", error=type(error).__name__)
        if moment - self._failing_since < self._away_seconds:
            return 0.5
        while time.monotonic() < moment + PROBE_SECONDS:
            await self._runner.take_next()
            await asyncio.sleep(FULL_PAUSE_SECONDS)
        return 0.0
