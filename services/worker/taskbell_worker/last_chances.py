"""Jobs that are dead if they crash once more: they run one by one, in a process of their own.

What kills its worker takes down all that runs beside it. Whoever was there too often, guilty or
not, runs alone: the guilty one kills nobody but itself, and the innocent one ends well.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable

import structlog

from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell_worker.loops import end, forever
from taskbell_worker.runner import Runner

COMMAND = "last-chances"
ROUND_SECONDS = 2.0
POLL_SECONDS = 0.02

log = structlog.get_logger(__name__)


def program() -> list[str]:
    """Return how to start the program that runs now once more."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    # a program that adds kinds of jobs must know them there too
    return [sys.executable, "-m", spec.name if spec else "taskbell_worker"]


class LastChances:
    """The loop of a worker: while such jobs are due, a child process runs them."""

    def __init__(self, database: Database, *, start: Callable[[], list[str]] = program) -> None:
        self._database = database
        self._program = start
        self._child: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def round(self) -> float:
        """Have those run that are due, and wait for their end; return the seconds to wait."""
        async with self._database.connection() as connection:
            due = await lifecycle.last_chances(connection)
        if not due or self._stopping:
            return random.uniform(0.8, 1.2) * ROUND_SECONDS  # noqa: S311
        self._child = await asyncio.create_subprocess_exec(*self._program(), COMMAND)
        if self._stopping:
            self._child.terminate()
        code = await self._child.wait()
        self._child = None
        if not code or self._stopping:
            return 0.0
        log.warning("last_chance_died", code=code)
        return ROUND_SECONDS

    async def stop(self) -> None:
        """Start no more; pass SIGTERM on, and wait for the end of what it drains."""
        self._stopping = True
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()
            await self._child.wait()


async def run_last_chances(runner: Runner, database: Database, *, drain_seconds: float) -> None:
    """Run jobs on their last chance, never two at once, until none is due or SIGTERM drains."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    beating = asyncio.create_task(forever("heartbeat", runner.heartbeat))
    parent = os.getppid()
    # without its worker nobody would stop it
    while not stop.is_set() and os.getppid() == parent:
        if runner.running:
            await asyncio.sleep(POLL_SECONDS)
        elif not await _run_next(runner, database):
            break
    await runner.drain(drain_seconds)
    await end([beating])


async def _run_next(runner: Runner, database: Database) -> bool:
    async with database.connection() as connection:
        due = await lifecycle.last_chances(connection)
    if not due:
        return False
    job_id = random.choice(due)  # noqa: S311 (another worker takes another one)
    if await runner.take_last_chance(job_id):
        log.warning("last_chance", job_id=str(job_id))
    return True
