"""Running jobs: slots, claims, leases and the end of each run."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from taskbell.db import is_unreachable
from taskbell.jobs import lifecycle
from taskbell.jobs.errors import LeaseLostError
from taskbell.jobs.kinds import RetryPolicy
from taskbell.jobs.lifecycle import LEASE_SECONDS, ClaimedJob
from taskbell_worker.handle import handle
from taskbell_worker.registry import Registered, Registry
from taskbell_worker.run import Resources, Run

HEARTBEATS = 3
"""In each lease; the second and third are there for a first one that was lost."""

APART_SECONDS = 1.0
"""Jobs on their last chance try again so often to run apart from each other."""

MARGINS = 12
"""A run is stopped one part in so many of its lease before one that was not prolonged ends."""

REFILL_PART = 4
"""Under a backlog a claim waits until one in so many slots is free."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Runner:
    """Runs up to `slots` jobs at once in this process."""

    def __init__(
        self,
        resources: Resources,
        registry: Registry,
        *,
        owner: str,
        slots: int,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self.slots = slots
        self.heartbeat_seconds = lease / HEARTBEATS
        self._lease = lease
        self._margin = lease / MARGINS
        self.owner = owner
        self._resources = resources
        self._registry = registry
        self._free = asyncio.Semaphore(slots)
        self._running: dict[UUID, tuple[Run, asyncio.Task[None]]] = {}
        self._last_chance_claimed = False
        self._backlog = False
        self._refilling = False
        self._stopping = False
        self._releasing = False
        self._claims: set[asyncio.Task[Any]] = set()
        self._in_vain: set[UUID] = set()
        self._unsure: set[UUID] = set()

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    @property
    def has_backlog(self) -> bool:
        """Whether free slots are filled straight from Postgres: more is due than has tickets."""
        return self._backlog

    def face_backlog(self) -> None:
        """Fill free slots straight from Postgres, many with one statement, until less is due."""
        self._backlog = True
        self._refill(at_least=1)

    async def take(self, job_id: UUID) -> None:
        """Claim the job of a ticket and start it, once a slot is free.

        Returns as soon as it runs: the ticket has done its work.
        """
        await self._unbroken(self._take(job_id))

    async def take_next(self) -> int:
        """Claim due jobs for all free slots straight from Postgres; return how many."""
        return await self._unbroken(self._take_next())

    async def _unbroken(self, claim: Coroutine[Any, Any, T]) -> T:
        # cancelled halfway, a job would be ours and nobody would run it until the lease ran out
        task = asyncio.create_task(claim)
        self._claims.add(task)
        task.add_done_callback(self._claims.discard)
        return await asyncio.shield(task)

    async def _take(self, job_id: UUID) -> None:
        async with _slot(self._free) as slot:
            if self._stopping:
                self._in_vain.add(job_id)
                return
            with self._claiming() as (token, last_chances):
                try:
                    async with self._connection() as connection:
                        job = await lifecycle.claim(
                            connection, job_id, owner=self.owner, lease=self._lease,
                            token=token, last_chances=last_chances,
                        )  # fmt: skip
                except Exception as error:
                    self._in_vain.add(job_id)
                    self._unsure.add(token)
                    if not is_unreachable(error):
                        log.exception("claim_failed", job_id=str(job_id))
                    return
                if job is not None:
                    slot.keep()
                    self._start(job)
                elif not last_chances:
                    self._in_vain.add(job_id)  # stale, or to be run apart from another one

    async def _take_next(self) -> int:
        free = 0
        while not self._stopping and not self._free.locked():
            await self._free.acquire()
            free += 1
        started = 0
        try:
            with self._claiming() as (token, last_chances):
                jobs = await self._claim_next(free, token, last_chances) if free else []
                if len(jobs) < free or not free:
                    self._backlog = False
                for job in await self._apart(jobs):
                    self._start(job)
                    started += 1
        finally:
            for _ in range(free - started):
                self._free.release()
        return started

    def _refill(self, at_least: int | None = None) -> None:
        if not self._backlog or self._stopping or self._refilling:
            return
        # as jobs end, wait for some more: they cost one statement together
        if self.slots - self.running < (at_least or -(-self.slots // REFILL_PART)):
            return
        self._refilling = True
        task = asyncio.create_task(self._take_next())
        self._claims.add(task)
        task.add_done_callback(self._refilled)

    def _refilled(self, task: asyncio.Task[int]) -> None:
        self._claims.discard(task)
        self._refilling = False
        if not task.cancelled() and (error := task.exception()):
            self._backlog = False  # the relay finds it again
            log.warning("refill_failed", error=type(error).__name__)

    async def _claim_next(self, most: int, token: UUID, last_chances: bool) -> list[ClaimedJob]:
        try:
            async with self._connection() as connection:
                return await lifecycle.claim_next(
                    connection, owner=self.owner, most=most, lease=self._lease,
                    token=token, last_chances=last_chances,
                )  # fmt: skip
        except Exception:
            self._unsure.add(token)
            raise

    @contextmanager
    def _claiming(self) -> Iterator[tuple[UUID, bool]]:
        """Give a claim its token, and whether it may bring a job on its last chance.

        Of those one runs here at a time. One that kills its worker takes down all that runs beside
        it: they come back together, and would go down with it until all were dead.
        """
        alone = not self._last_chance_claimed and not any(
            run.job.on_last_chance for run, _ in self._running.values()
        )
        self._last_chance_claimed |= alone
        try:
            yield uuid4(), alone
        finally:
            if alone:
                self._last_chance_claimed = False

    async def _apart(self, jobs: list[ClaimedJob]) -> list[ClaimedJob]:
        """Give all jobs on their last chance back but the first, before that one starts."""
        rest = [job for job in jobs if job.on_last_chance][1:]
        for job in list(rest):
            try:
                async with self._connection() as connection:
                    await lifecycle.release(connection, job, delay=APART_SECONDS)
            except LeaseLostError:
                pass
            except Exception as error:
                if not is_unreachable(error):
                    raise
                rest.remove(job)  # rather beside another one than as a third crash
        return [job for job in jobs if job not in rest]

    async def return_tickets(self) -> None:
        """Let the relay hand out again the tickets that were taken in vain."""
        if self._unsure:
            tokens = set(self._unsure)
            async with self._connection() as connection:
                await lifecycle.unclaim(connection, list(tokens))
            self._unsure -= tokens
        if self._in_vain:
            returned = set(self._in_vain)
            async with self._connection() as connection:
                await lifecycle.reticket(connection, list(returned))
            self._in_vain -= returned

    async def heartbeat(self) -> float:
        """Prolong the leases of all running jobs; stop the runs that lost theirs.

        Returns the seconds until the next time.
        """
        runs = [run for run, _ in self._running.values()]
        if not runs:
            return self.heartbeat_seconds
        asked = time.monotonic()
        kept: set[UUID] | None = None
        try:
            async with asyncio.timeout(self._margin), self._connection() as connection:
                kept = await lifecycle.heartbeat(connection, [run.job for run in runs])
        except Exception as error:
            if not is_unreachable(error):
                raise
            log.warning("heartbeat_failed", error=type(error).__name__)
        for run in runs:
            if kept is not None and run.job.id in kept:
                run.lease_ends = asked + self._lease
            elif kept is not None or time.monotonic() > run.lease_ends - 3 * self._margin:
                # an attempt and a pause later it would be too late
                self._stop(run)
        return self.heartbeat_seconds if kept is not None else self._margin

    async def drain(self, seconds: float) -> None:
        """Take no more; let the running jobs end; after `seconds` release the rest."""
        self._stopping = True
        log.info("draining", jobs=len(self._running), seconds=seconds)
        ends = time.monotonic() + seconds
        # a claim that is under way may start one more job
        while work := [*self._claims, *(task for _, task in self._running.values())]:
            left = ends - time.monotonic()
            if left <= 0:
                break
            await asyncio.wait(work, timeout=left)
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
        if self._releasing:  # the claim came back after the drain: give it back, unrun
            self._unsure.add(job.lease_token)
            return
        known = self._registry.get(job.kind)
        run = Run(job, self._resources, known.kind.retry if known else RetryPolicy())
        task = asyncio.create_task(self._run(run, known), name=f"job {job.kind} {job.id}")
        self._running[job.id] = (run, task)

        def ended(_task: asyncio.Task[None]) -> None:
            if self._running.get(job.id, (None,))[0] is run:
                del self._running[job.id]
            self._free.release()
            self._refill()

        task.add_done_callback(ended)

    async def _run(self, run: Run, known: Registered | None) -> None:
        job = run.job
        started = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            job_id=str(job.id), kind=job.kind, attempt=job.attempts, request_id=job.request_id
        )
        try:
            await handle(run, known)
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
