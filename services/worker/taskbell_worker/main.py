"""The worker process: its loops, and how it starts and stops."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Coroutine
from typing import Any

import structlog

from taskbell.db import Database, is_unreachable
from taskbell.events.bell import Bell
from taskbell.jobs.doorbell import Doorbell, connect
from taskbell.mail.smtp import Mailer
from taskbell.outbound.client import Outbound
from taskbell.schema import SchemaMismatchError, check_schema
from taskbell_worker import handlers as _handlers  # noqa: F401 (registers them)
from taskbell_worker.last_chances import LastChances, run_last_chances
from taskbell_worker.loops import end, forever
from taskbell_worker.registry import registry
from taskbell_worker.relay import Relay
from taskbell_worker.run import Resources
from taskbell_worker.runner import Runner
from taskbell_worker.schedule import Schedule
from taskbell_worker.settings import WorkerSettings
from taskbell_worker.tickets import take_tickets

HEALTH_SECONDS = 2.0
LEAVE_SECONDS = 5.0
"""For closing connections after the drain; then the process ends without."""

QUEUE_PLANS = {"enable_sort": "off"}
"""A queue grows by thousands and shrinks again before its statistics are made anew; by the old ones
Postgres would rather sort all that is due, for each claim, than walk the index that is in order."""

POOL_OF_ONE = 4
"""Connections of a process with a single job: one for it, the others for its lease."""

log = structlog.get_logger(__name__)


class Parts:
    """What a process needs to run jobs: its connections, and the runner that uses them."""

    def __init__(self, settings: WorkerSettings, *, pool_size: int) -> None:
        self.redis = connect(settings.redis_url.get_secret_value(), socket_timeout=2.0)
        self._doorbell = Doorbell(self.redis)
        self._bell = Bell(self.redis)
        self.database = Database(
            settings.database_url.get_secret_value(),
            application_name="taskbell-worker",
            pool_size=pool_size,
            after_commit=self._doorbell.ring,
            after_change=self._bell.tell,
            server_settings=QUEUE_PLANS,
        )
        self._mailer = Mailer(
            settings.smtp_url.get_secret_value(),
            timeout=settings.smtp_timeout_seconds,
            pool_size=settings.smtp_pool_size,
        )
        resources = Resources(
            self.database,
            self._mailer,
            settings.mail_from,
            settings.public_url,
            settings.unconfirmed_reminders_per_day,
            Outbound.of(settings),
            settings.vapid_subject,
        )
        self.runner = Runner(
            resources,
            registry,
            owner=f"{socket.gethostname()}:{os.getpid()}",
            slots=settings.worker_max_jobs,
            lease=settings.job_lease_seconds,
        )

    async def close(self) -> None:
        """Close the connections; nothing runs any more."""
        await self._mailer.close()
        await self._bell.close()
        await self._doorbell.close()
        await self.database.close()


async def serve_last_chances(settings: WorkerSettings) -> None:
    """Run what is on its last chance, for the worker that started this process."""
    parts = Parts(settings, pool_size=POOL_OF_ONE)
    drain_seconds = settings.worker_drain_seconds
    try:
        await run_last_chances(parts.runner, parts.database, drain_seconds=drain_seconds)
    finally:
        await parts.close()


class Worker:
    """Everything one worker process runs."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        # a run holds one at a time; the loops need a few
        self._parts = Parts(settings, pool_size=settings.worker_max_jobs + 6)
        self._database = self._parts.database
        self._runner = self._parts.runner
        self._relay = Relay(
            self._database,
            self._parts.redis,
            self._runner,
            away_seconds=settings.redis_away_seconds,
            patience=settings.job_ticket_seconds,
        )
        self._schedule = Schedule(self._database, self._relay)
        self._last_chances = LastChances(self._database)

    async def serve(self) -> None:
        """Run until SIGTERM or SIGINT, then drain. Raises `SchemaMismatchError` at the start."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop.set)
        if not await self._wait_for_schema(stop):
            return
        tickets = asyncio.create_task(
            take_tickets(self._settings.redis_url.get_secret_value(), self._runner)
        )
        loops = [asyncio.create_task(work) for work in self._loops()]
        log.info("worker_ready", slots=self._runner.slots, kinds=registry.names())
        stopping = asyncio.create_task(stop.wait())
        ended, _ = await asyncio.wait(
            [stopping, tickets, *loops], return_when=asyncio.FIRST_COMPLETED
        )
        await self._stop(tickets, loops)
        for task in ended - {stopping}:
            task.result()  # a loop that ended is a bug: say so and exit non-zero
            raise RuntimeError("a loop of the worker ended")

    def _loops(self) -> list[Coroutine[Any, Any, None]]:
        return [
            forever("relay", self._relay.round),
            forever("reminders", self._schedule.fire_reminders),
            forever("digests", self._schedule.plan_digests),
            forever("sweep", self._schedule.sweep),
            forever("last_chances", self._last_chances.round),
            forever("prune", self._schedule.prune),
            forever("prune_events", self._schedule.prune_events),
            forever("daily", self._schedule.daily),
            forever("heartbeat", self._heartbeat),
            forever("health", self._health),
        ]

    async def _stop(self, tickets: asyncio.Task[None], loops: list[asyncio.Task[None]]) -> None:
        began = time.monotonic()
        drain = asyncio.create_task(self._runner.drain(self._settings.worker_drain_seconds))
        await asyncio.sleep(0)  # the runner refuses tickets from here on
        await asyncio.gather(end([tickets]), drain, self._last_chances.stop())
        # a frozen Postgres holds up the end of each connection; nothing is lost by leaving
        leave = threading.Timer(LEAVE_SECONDS, os._exit, args=[0])
        leave.daemon = True
        leave.start()
        await end(loops)
        try:
            await self._runner.return_tickets()
        except Exception as error:
            log.warning("tickets_not_returned", error=type(error).__name__)
        await self._parts.close()
        leave.cancel()
        self._settings.worker_health_file.unlink(missing_ok=True)
        log.info("worker_stopped", seconds=round(time.monotonic() - began, 2))

    async def _heartbeat(self) -> float:
        return await self._runner.heartbeat()

    async def _health(self) -> float:
        self._settings.worker_health_file.touch()
        return HEALTH_SECONDS

    async def _wait_for_schema(self, stop: asyncio.Event) -> bool:
        while not stop.is_set():
            try:
                async with self._database.connection() as connection:
                    await check_schema(connection)
                return True
            except SchemaMismatchError:
                raise
            except Exception as error:
                if not is_unreachable(error):
                    raise
                log.warning("database_unreachable", error=type(error).__name__)
            await asyncio.sleep(1)
        return False
