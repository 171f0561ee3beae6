"""The field of a test: a load of jobs, what became of each, and what must hold of them all."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.db import Database, is_unreachable
from taskbell.ids import new_id
from taskbell.jobs.doorbell import Doorbell, connect
from taskbell.jobs.kinds import Kind, P
from taskbell.jobs.service import NewJob, enqueue, enqueue_many
from taskbell_local.stack import Stack
from tests.faults.figures import note
from tests.faults.kinds import NOTE, Work
from tests.faults.waiting import until

LEASE_SECONDS = 4.0
WORKERS = 2
SLOTS = 8

_OF_RUN = text("""
    SELECT id, kind, state, attempts, crashes, ambiguous, last_error, lease_owner,
        extract(epoch FROM coalesce(finished_at, clock_timestamp()) - run_at)::float AS seconds
    FROM job WHERE group_key = :run
""")
_OPEN = text("SELECT count(*) FROM job WHERE group_key = :run AND state IN ('ready', 'running')")
_RUNNING = text("SELECT count(*) FROM job WHERE group_key = :run AND state = 'running'")


class RolledBackError(Exception):
    """Raised inside a transaction to take it back."""


@dataclass
class Figures:
    """What came of a test, for people."""

    jobs: int = 0
    done: int = 0
    dead: int = 0
    effects: int = 0
    duplicates: int = 0
    ambiguous: int = 0
    crashes: int = 0
    kills: int = 0
    slowest: float = 0.0
    settled: float = 0.0

    def __str__(self) -> str:
        return (
            f"jobs {self.jobs}, done {self.done}, dead {self.dead}, lost 0, never run 0, "
            f"worker outages {self.kills}, leases run out {self.crashes}, effects {self.effects}, "
            f"duplicates {self.duplicates}, ambiguous {self.ambiguous}, slowest job "
            f"{self.slowest:.1f} s, all done {self.settled:.1f} s after the last fault"
        )


@dataclass
class Field:
    """Jobs of one test, told apart from other tests' by their group key."""

    stack: Stack
    effects_file: Path
    run: str = field(default_factory=lambda: f"run:{new_id()}")
    committed: set[UUID] = field(default_factory=set)
    rolled_back: set[UUID] = field(default_factory=set)
    kills: int = 0
    """How often a worker lost all it ran: killed, frozen, or cut off from Postgres."""

    expects_deaths: bool = False
    slots: int = SLOTS

    def __post_init__(self) -> None:
        self.doorbell = Doorbell(connect(self.stack.redis_url, socket_timeout=1))
        self.database = Database(
            self.stack.database_url,
            application_name="faults",
            pool_size=4,
            after_commit=self.doorbell.ring,
        )
        self._silent = Database(self.stack.database_url, application_name="faults", pool_size=2)
        self.redis = connect(self.stack.redis_url, socket_timeout=5)
        self._healthy_since = time.monotonic()

    async def close(self) -> None:
        await self.database.close()
        await self._silent.close()
        await self.doorbell.close()
        await self.redis.aclose(close_connection_pool=True)

    # --- faults -------------------------------------------------------------------------------

    async def do(self, act: Callable[..., None], *arguments: Any, **named: Any) -> None:
        """Run one of the stack's blocking methods while the load goes on."""
        await asyncio.to_thread(act, *arguments, **named)
        self._healthy_since = time.monotonic()

    async def kill(self, service: str, **which: int) -> None:
        """SIGKILL; for a worker that is a fault that may double effects."""
        self.kills += service == "worker"
        await self.do(self.stack.kill, service, **which)

    async def flush(self) -> None:
        await self.redis.flushall()
        self._healthy_since = time.monotonic()

    # --- load ---------------------------------------------------------------------------------

    async def enqueue(
        self, kind: Kind[P], payload: P, *, count: int = 1, rings: bool = True, **more: Any
    ) -> list[UUID]:
        """Commit `count` jobs in one transaction; without `rings` as if we died right after."""
        database = self.database if rings else self._silent
        ids = []
        async with database.transaction() as session:
            for _ in range(count):
                ids.append(await self._add(session, kind, payload, **more))
        self.committed.update(ids)
        return ids

    async def enqueue_many(self, count: int, work_ms: int = 5) -> None:
        """Commit `count` notes in bulk."""
        jobs = [NewJob(Work(work_ms=work_ms), new_id(), group_key=self.run) for _ in range(count)]
        async with self._silent.transaction() as session:
            ids = await enqueue_many(session, NOTE, jobs)
        self.committed.update(ids)

    async def roll_back(self, work_ms: int = 5) -> None:
        """Enqueue a note and roll it back."""
        try:
            async with self.database.transaction() as session:
                job_id = await self._add(session, NOTE, Work(work_ms=work_ms))
                self.rolled_back.add(job_id)
                raise RolledBackError
        except RolledBackError:
            pass

    async def _add(self, session: AsyncSession, kind: Kind[P], payload: P, **more: Any) -> UUID:
        job_id = await enqueue(session, kind, payload, group_key=self.run, **more)
        assert job_id is not None
        return job_id

    async def load(
        self,
        count: int,
        *,
        rate: float = 120,
        work_ms: int = 10,
        until: asyncio.Event | None = None,
    ) -> None:
        """Commit `count` notes at about `rate` a second, or more `until` an event is set.

        Some are rolled back, some ring no doorbell. A commit that fails is not counted: whether
        it happened shows in the database, and what is there must be done like the rest.
        """
        while len(self.committed) < count or (until and not until.is_set()):
            size = random.randint(1, 8)
            began = time.monotonic()
            try:
                await self.enqueue(
                    NOTE, Work(work_ms=work_ms), count=size, rings=random.random() < 0.8
                )
                if random.random() < 0.1:
                    await self.roll_back()
            except Exception as error:
                if not is_unreachable(error):
                    raise
                await asyncio.sleep(0.1)
            await asyncio.sleep(max(0.0, size / rate - (time.monotonic() - began)))

    # --- what became of it --------------------------------------------------------------------

    async def jobs(self) -> dict[UUID, Row[Any]]:
        """All jobs of this run by id."""
        async with self._silent.connection() as connection:
            rows = await connection.execute(_OF_RUN, {"run": self.run})
            return {row.id: row for row in rows}

    async def count(self, query: Any = _OPEN) -> int:
        async with self._silent.connection() as connection:
            return int(await connection.scalar(query, {"run": self.run}) or 0)

    async def running(self, count: int, *, timeout: float = 30) -> None:  # noqa: ASYNC109
        """Return once `count` jobs run."""

        async def enough() -> bool:
            return await self.count(_RUNNING) >= count

        await until(enough, f"{count} jobs running", timeout=timeout, poll=0.01)

    def effects(self) -> Counter[UUID]:
        """How often each job had its effect."""
        lines = self.effects_file.read_text().splitlines() if self.effects_file.exists() else []
        return Counter(UUID(line.split()[0]) for line in lines)

    async def had_effects(self, count: int, *, timeout: float = 30) -> None:  # noqa: ASYNC109
        """Return once `count` jobs of this run had their effect."""

        async def enough() -> bool:
            seen = self.effects()
            return sum(1 for job in self.committed if job in seen) >= count

        await until(enough, f"{count} effects", timeout=timeout, poll=0.02)

    async def settle(self, *, timeout: float = 60) -> Figures:  # noqa: ASYNC109
        """Wait until every job has ended and check what must hold of all of them."""

        async def settled() -> bool:
            return await self.count() == 0

        try:
            await until(settled, "every job to end", timeout=timeout)
        except TimeoutError as error:
            error.add_note(await self._describe_open())
            raise
        figures = await self.check()
        figures.settled = time.monotonic() - self._healthy_since
        note(str(figures))
        return figures

    async def _describe_open(self) -> str:
        left = [job for job in (await self.jobs()).values() if job.state in {"ready", "running"}]
        return f"{len(left)} are left, such as {left[:5]}"

    async def check(self) -> Figures:
        """Assert the promises; return the figures."""
        jobs, effects = await self.jobs(), self.effects()
        lost = self.committed - jobs.keys()
        assert not lost, f"{len(lost)} committed jobs are not in the database"
        ghosts = [job for job in self.rolled_back if job in effects or job in jobs]
        assert not ghosts, f"{len(ghosts)} jobs of rolled-back transactions ran"
        notes = {job.id: job for job in jobs.values() if job.kind == NOTE.name}
        open_ = [job for job in jobs.values() if job.state not in {"done", "dead"}]
        assert not open_, f"{len(open_)} jobs have not ended, such as {open_[:3]}"
        dead = [job for job in notes.values() if job.state == "dead"]
        assert not dead, f"{len(dead)} innocent jobs are dead, such as {dead[:3]}"
        never = [job for job in notes if job not in effects]
        assert not never, f"{len(never)} jobs never had their effect"
        untold = [j for j in notes.values() if effects[j.id] > 1 + j.ambiguous]
        assert not untold, f"{len(untold)} duplicates not counted, such as {untold[:3]}"
        duplicates = sum(effects[job] - 1 for job in notes)
        most = self.kills * self.slots
        assert duplicates <= most, f"{duplicates} duplicates after {self.kills} kills"
        return Figures(
            jobs=len(jobs),
            done=sum(job.state == "done" for job in jobs.values()),
            dead=sum(job.state == "dead" for job in jobs.values()),
            effects=sum(effects[job] for job in jobs),
            duplicates=duplicates,
            ambiguous=sum(job.ambiguous for job in jobs.values()),
            crashes=sum(job.crashes for job in jobs.values()),
            kills=self.kills,
            slowest=max((job.seconds for job in notes.values()), default=0.0),
        )
