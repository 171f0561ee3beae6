"""Running jobs: slots, claims, leases and the end of each run."""

import asyncio
import time
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar
from uuid import UUID

import structlog

from taskbell.db import is_unreachable
from taskbell.jobs import lifecycle
from taskbell.jobs.errors import LeaseLostError
from taskbell.jobs.kinds import RetryPolicy
from taskbell.jobs.lifecycle import ClaimedJob
from taskbell.jobs.limits import LEASE_SECONDS
from taskbell_worker.claims import Claims
from taskbell_worker.handle import handle
from taskbell_worker.lanes import Slots, lanes
from taskbell_worker.registry import Registered, Registry
from taskbell_worker.run import Resources, Run

HEARTBEATS = 3
"""In each lease; the second and third are there for a first one that was lost."""

MARGINS = 12
"""A run is stopped one part in so many of its lease before one that was not prolonged ends."""

RELEASE_SECONDS = 5.0
"""To give back what did not end in time."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Runner:
    """Runs jobs in this process, `slots` at once in the main lane, and in the others by share."""

    def __init__(
        self,
        resources: Resources,
        registry: Registry,
        *,
        owner: str,
        slots: int,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self.heartbeat_seconds = lease / HEARTBEATS
        self._lease = lease
        self._margin = lease / MARGINS
        self._resources = resources
        self._registry = registry
        self._lanes = lanes(slots, connections=resources.mailer.pool_size)
        self._claims = Claims(resources.database, owner=owner, lease=lease)
        self._running: dict[UUID, tuple[Run, asyncio.Task[None]]] = {}
        self._tickets = 0
        self._stopping = False
        self._releasing = False
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def slots(self) -> dict[str, int]:
        """How many jobs of each lane may run at once."""
        return {name: lane.count for name, lane in self._lanes.items()}

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    @property
    def room(self) -> int:
        """How many tickets may be taken at once, so that each job, whatever its lane, finds a slot.

        Lanes that are full do not count: their tickets go back.
        """
        return min((lane.free for lane in self._lanes.values() if lane.free > 0), default=0)

    @property
    def is_partly_full(self) -> bool:
        """Whether jobs of some lane are better left to other workers."""
        return any(lane.free <= 0 for lane in self._lanes.values())

    def wants_tickets(self) -> list[str]:
        """Return the lanes that have free slots and no backlog to fill them from."""
        return [name for name, lane in self._lanes.items() if lane.free > 0 and not lane.backlog]

    def face_backlog(self, names: Iterable[str]) -> None:
        """Fill free slots of these lanes straight from Postgres, until less is due than they."""
        for lane in (self._lanes[name] for name in names):
            lane.backlog = True
            self._refill(lane, at_least=1)

    def look_at_backlog(self) -> bool:
        """Claim for lanes that have a backlog and any free slot; tell whether there are such."""
        waiting = [lane for lane in self._lanes.values() if lane.backlog and lane.free > 0]
        for lane in waiting:
            self._refill(lane, at_least=1)
        return bool(waiting)

    async def take(self, job_id: UUID) -> bool:
        """Claim the job of a ticket and start it.

        Returns as soon as it runs: the ticket has done its work. False: its lane may be full. Then
        it is claimed when that has a free slot, unless another worker does.
        """
        return await self._unbroken(self._take(job_id))

    async def take_next(self) -> int:
        """Claim due jobs for all free slots straight from Postgres; return how many."""
        started = 0
        for lane in self._lanes.values():
            started += await self._unbroken(self._take_next(lane))
        return started

    async def take_last_chance(self, job_id: UUID) -> bool:
        """Run a job that another crash makes dead; return whether it was there to be claimed."""
        job = await self._claims.last_chance(job_id)
        if job is not None:
            self._start(job)
        return job is not None

    async def return_tickets(self) -> None:
        """Let the relay hand out again the tickets that were taken in vain."""
        await self._claims.give_back()

    async def _unbroken(self, claim: Coroutine[Any, Any, T]) -> T:
        # cancelled halfway, a job would be ours and nobody would run it until the lease ran out
        task = asyncio.create_task(claim)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _take(self, job_id: UUID) -> bool:
        # nobody knows whose slot a ticket takes: each one under way may take any
        self._tickets += 1
        try:
            full = {lane for lane in self._lanes if self._lanes[lane].free < self._tickets}
            if self._stopping or len(full) == len(self._lanes):
                self._claims.was_in_vain(job_id)
                return False
            job = await self._claims.of_ticket(job_id, list(self._lanes.keys() - full))
            if job is not None:
                self._start(job)
            elif full:  # or stale
                self._claims.was_in_vain(job_id)
                for name in full:
                    self._lanes[name].backlog = True
            return job is not None or not full
        except Exception as error:
            if not is_unreachable(error):
                log.exception("claim_failed", job_id=str(job_id))
            return True
        finally:
            self._tickets -= 1
            if not self._tickets:
                self.look_at_backlog()

    async def _take_next(self, lane: Slots) -> int:
        free = 0 if self._stopping else max(0, lane.free - self._tickets)
        if not free:
            return 0
        lane.taken += free
        started = 0
        try:
            jobs = await self._claims.next(lane.lane, free)
            if len(jobs) < free:
                lane.backlog = False
            for job in jobs:
                lane.taken -= 1
                started += 1
                self._start(job)
        finally:
            lane.taken -= free - started
        return started

    def _refill(self, lane: Slots, at_least: int | None = None) -> None:
        if self._stopping or not lane.may_refill(at_least):
            return
        lane.refilling = True
        task = asyncio.create_task(self._take_next(lane))
        self._under_way.add(task)

        def refilled(task: asyncio.Task[int]) -> None:
            self._under_way.discard(task)
            lane.refilling = False
            if not task.cancelled() and (error := task.exception()):
                lane.backlog = False  # the relay finds it again
                log.warning("refill_failed", error=type(error).__name__)

        task.add_done_callback(refilled)

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
            async with (
                asyncio.timeout(self._margin),
                self._resources.database.connection() as connection,
            ):
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
        while work := [*self._under_way, *(task for _, task in self._running.values())]:
            left = ends - time.monotonic()
            if left <= 0:
                break
            await asyncio.wait(work, timeout=left)
        self._releasing = True
        ends = time.monotonic() + RELEASE_SECONDS
        while self._running and time.monotonic() < ends:
            for run, task in self._running.values():
                if not run.is_cut_off:  # in Python 3.11 `wait_for` may swallow a cancellation
                    task.cancel()
            await asyncio.wait([task for _, task in self._running.values()], timeout=0.5)

    def _stop(self, run: Run) -> None:
        held = self._running.get(run.job.id)
        if held and held[0] is run and run.outcome is None:
            held[1].cancel()

    def _start(self, job: ClaimedJob) -> None:
        if self._releasing:  # the claim came back after the drain: give it back, unrun
            self._claims.is_not_wanted(job)
            return
        known = self._registry.get(job.kind)
        run = Run(job, self._resources, known.kind.retry if known else RetryPolicy())
        task = asyncio.create_task(self._run(run, known), name=f"job {job.kind} {job.id}")
        self._running[job.id] = (run, task)
        lane = self._lanes.get(job.lane, self._lanes["main"])
        lane.taken += 1

        def ended(_task: asyncio.Task[None]) -> None:
            if self._running.get(job.id, (None,))[0] is run:
                del self._running[job.id]
            lane.taken -= 1
            self._refill(lane)

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
        run.is_cut_off = True
        if run.outcome is not None:
            return
        if not self._releasing:
            run.outcome, run.error = "lost", "the lease ran out"
            return
        try:
            await run.release()
        except Exception as error:
            run.outcome, run.error = "lost", repr(error)
