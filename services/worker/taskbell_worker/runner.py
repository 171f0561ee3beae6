"""Running jobs: slots, claims, leases and the end of each run."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from taskbell.db import is_unreachable
from taskbell.jobs import lifecycle
from taskbell.jobs.errors import DeadError, LeaseLostError, RetryError
from taskbell.jobs.kinds import RetryPolicy
from taskbell.jobs.lifecycle import LEASE_SECONDS, ClaimedJob

from taskbell_worker.registry import Registered, Registry
from taskbell_worker.run import Resources, Run

HEARTBEAT_SECONDS = LEASE_SECONDS / 3
LEASE_MARGIN_SECONDS = 5.0
"""A run is stopped this long before a lease that could not be prolonged ends."""

log = structlog.get_logger(__name__)


class Runner:
    """Runs up to `slots` jobs at once in this process."""

    def __init__(self, resources: Resources, registry: Registry, *, owner: str, slots: int) -> None:
        self.slots = slots
        self.owner = owner
        self._resources = resources
        self._registry = registry
        self._free = asyncio.Semaphore(slots)
        self._running: dict[UUID, tuple[Run, asyncio.Task[None]]] = {}
        self._stopping = False
        self._releasing = False
        self._in_vain: set[UUID] = set()

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    async def take(self, job_id: UUID) -> None:
        """Claim the job of a ticket and start it, once a slot is free.

        Returns as soon as it runs: the ticket has done its work.
        """
        async with _slot(self._free) as slot:
            if self._stopping:
                self._in_vain.add(job_id)
                return
            try:
                async with self._connection() as connection:
                    job = await lifecycle.claim(connection, job_id, owner=self.owner)
            except asyncio.CancelledError:
                self._in_vain.add(job_id)
                raise
            except Exception as error:
                self._in_vain.add(job_id)
                if not is_unreachable(error):
                    raise
                return
            if job is not None:
                slot.keep()
                self._start(job)

    async def take_next(self) -> int:
        """Claim due jobs for all free slots straight from Postgres; return how many."""
        free = 0
        while not self._stopping and not self._free.locked():
            await self._free.acquire()
            free += 1
        jobs: list[ClaimedJob] = []
        try:
            if free:
                async with self._connection() as connection:
                    jobs = await lifecycle.claim_next(connection, owner=self.owner, most=free)
        finally:
            for _ in range(free - len(jobs)):
                self._free.release()
        for job in jobs:
            self._start(job)
        return len(jobs)

    async def return_tickets(self) -> None:
        """Let the relay hand out again the tickets that were taken in vain."""
        if self._in_vain:
            returned = set(self._in_vain)
            async with self._connection() as connection:
                await lifecycle.reticket(connection, list(returned))
            self._in_vain -= returned

    async def heartbeat(self) -> None:
        """Prolong the leases of all running jobs; stop the runs that lost theirs."""
        runs = [run for run, _ in self._running.values()]
        if not runs:
            return
        asked = time.monotonic()
        kept: set[UUID] | None = None
        try:
            async with asyncio.timeout(LEASE_MARGIN_SECONDS), self._connection() as connection:
                kept = await lifecycle.heartbeat(connection, [run.job for run in runs])
        except Exception as error:
            if not is_unreachable(error):
                raise
            log.warning("heartbeat_failed", error=type(error).__name__)
        for run in runs:
            if kept is not None and run.job.id in kept:
                run.lease_ends = asked + LEASE_SECONDS
            elif kept is not None or time.monotonic() > run.lease_ends - LEASE_MARGIN_SECONDS:
                self._stop(run)

    async def drain(self, seconds: float) -> None:
        """Take no more; let the running jobs end; after `seconds` release the rest."""
        self._stopping = True
        tasks = [task for _, task in self._running.values()]
        if tasks:
            log.info("draining", jobs=len(tasks), seconds=seconds)
            await asyncio.wait(tasks, timeout=seconds)
        self._releasing = True
        rest = [task for _, task in self._running.values()]
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=5)

    def _connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._resources.database.connection()

    def _stop(self, run: Run) -> None:
        held = self._running.get(run.job.id)
        if held and held[0] is run and run.outcome is None:
            held[1].cancel()

    def _start(self, job: ClaimedJob) -> None:
        known = self._registry.get(job.kind)
        run = Run(job, self._resources, known.kind.retry if known else RetryPolicy())
        task = asyncio.create_task(self._run(run, known), name=f"job {job.kind} {job.id}")
        self._running[job.id] = (run, task)

        def ended(_task: asyncio.Task[None]) -> None:
            if self._running.get(job.id, (None,))[0] is run:
                del self._running[job.id]
            self._free.release()

        task.add_done_callback(ended)

    async def _run(self, run: Run, known: Registered | None) -> None:
        job = run.job
        started = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            job_id=str(job.id), kind=job.kind, attempt=job.attempts, request_id=job.request_id
        )
        try:
            await self._handle(run, known)
        except LeaseLostError as error:
            run.outcome, run.error = "lost", str(error)
        except asyncio.CancelledError:
            await self._cut_off(run)
        except Exception as error:
            # not even the failure could be noted: the sweep takes the job back
            log.exception("job_not_ended")
            run.outcome, run.error = "lost", repr(error)
        line = log.info if run.outcome == "done" else log.warning
        duration_ms = round((time.monotonic() - started) * 1000, 1)
        line("job", outcome=run.outcome, duration_ms=duration_ms, error=run.error)

    async def _cut_off(self, run: Run) -> None:
        if run.outcome is not None:
            return
        if not self._releasing:
            run.outcome, run.error = "lost", "the lease ran out"
            return
        try:
            await run.release()
        except Exception as error:
            run.outcome, run.error = "lost", repr(error)

    async def _handle(self, run: Run, known: Registered | None) -> None:
        job = run.job
        if known is None:
            return await run.fail(f"unknown kind {job.kind}", permanent=True)
        if job.payload_version != known.kind.version:
            return await run.fail(
                f"payload version {job.payload_version}, this worker knows {known.kind.version}",
                permanent=True,
            )
        try:
            payload = known.kind.payload.model_validate(job.payload)
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False, include_context=False)
            return await run.fail(f"payload does not fit: {problems}", permanent=True)
        try:
            async with asyncio.timeout(known.kind.timeout_seconds):
                await known.handler(run, payload)
                if run.outcome is None:
                    await run.finish()
        except LeaseLostError:
            raise
        except DeadError as error:
            await run.fail(str(error), permanent=True)
        except RetryError as error:
            await run.fail(str(error))
        except TimeoutError:
            await run.fail(f"did not end within {known.kind.timeout_seconds:g} s")
        except Exception as error:
            log.exception("job_failed")
            await run.fail(f"{type(error).__name__}: {error}")
        return None


class _slot:  # noqa: N801 (used as a function)
    """Holds a slot within the block, and beyond it when told to `keep` it."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._kept = False

    def keep(self) -> None:
        self._kept = True

    async def __aenter__(self) -> "_slot":
        await self._free.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._kept:
            self._free.release()
