"""Jobs: our engine beside plain arq, on the same Redis, in interleaved rounds."""

import asyncio
import random
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, cast

from arq.connections import ArqRedis
from sqlalchemy import text

from bench import cores, targets
from bench.options import Options
from bench.plain_arq import QUEUE, STARTED
from bench.result import Figure, Ratio, Result, Table, ratio_figure, spread
from bench.worker import NOOP, Nothing
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.doorbell import Doorbell, connect
from taskbell.jobs.service import NewJob, enqueue, enqueue_many
from taskbell_local.stack import Stack

SLOTS = 16
BULK_SECONDS = 120
"""All the jobs of a round have to end within this."""

SINGLE_SECONDS = 10
PAUSES_SECONDS = (0.01, 0.03)
"""Between single jobs, at random: both workers look for jobs every 20 ms."""


@dataclass
class Side:
    """One of the two, a value a round: jobs a second, and milliseconds from commit to start."""

    rate: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)

    def add_starts(self, milliseconds: Sequence[float]) -> None:
        """Add a round of single jobs."""
        self.p50_ms.append(percentile(milliseconds, 0.5))
        self.p99_ms.append(percentile(milliseconds, 0.99))


@dataclass
class JobFigures:
    """What both did, in the same rounds."""

    engine: Side = field(default_factory=Side)
    plain: Side = field(default_factory=Side)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the sorted `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass
class Worker:
    """A running worker and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise unless it still runs."""
        if self.process.poll() is not None:
            raise RuntimeError(
                f"the worker ended with exit code {self.process.returncode}:"
                f" {self.log.read_text(errors='replace')[-1000:]}"
            )


class JobBench:
    """Measures on a running stack that has Postgres, Redis and the schema, and no worker."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._redis: ArqRedis = connect(stack.redis_url, socket_timeout=5)
        self._doorbell = Doorbell(connect(stack.redis_url, socket_timeout=2))
        self._database = Database(
            stack.database_url, application_name="bench", after_commit=self._doorbell.ring
        )
        self._env = stack.environment(
            LOG_LEVEL="info", LOG_FORMAT="json", WORKER_MAX_JOBS=str(SLOTS),
            WORKER_HEALTH_FILE=str(stack.state / "bench.alive"),
        )  # fmt: skip
        self._logs = 0

    async def measure(self, *, jobs: int, singles: int, rounds: int) -> JobFigures:
        """Run `rounds` of `jobs` in bulk and `singles` one at a time; the order flips."""
        figures = JobFigures()
        sides = [
            (figures.engine, self._engine_bulk, self._engine_single),
            (figures.plain, self._plain_bulk, self._plain_single),
        ]
        try:
            for number in range(rounds):
                order = sides if number % 2 == 0 else sides[::-1]
                for side, bulk, _ in order:
                    side.rate.append(await bulk(jobs))
                for side, _, single in order:
                    side.add_starts(await single(singles))
                _tell(number, figures)
        finally:
            await self._redis.aclose(close_connection_pool=True)
            await self._doorbell.close()
            await self._database.close()
        return figures

    async def _engine_bulk(self, jobs: int) -> float:
        """Return jobs a second from the first claim to the last end."""
        await self._clear()
        async with self._database.transaction() as session:
            await enqueue_many(session, NOOP, [NewJob(Nothing(), id=new_id()) for _ in range(jobs)])
        query = text(
            "SELECT count(*) AS done,"
            " extract(epoch FROM max(finished_at) - min(started_at))::float AS seconds"
            " FROM job WHERE kind = 'bench.noop' AND state = 'done'"
        )
        with self._worker("worker_ready", "bench.worker") as worker:
            deadline = time.monotonic() + BULK_SECONDS
            while True:
                async with self._database.connection() as connection:
                    row = (await connection.execute(query)).one()
                if row.done == jobs:
                    return jobs / float(row.seconds)
                worker.check()
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{row.done} of {jobs} jobs ended in {BULK_SECONDS} s")
                await asyncio.sleep(0.2)

    async def _plain_bulk(self, jobs: int) -> float:
        """Return jobs a second from the first start to the last end, by arq's own hooks."""
        await self._clear()
        for number in range(jobs):
            await self._redis.enqueue_job("noop", False, _queue_name=QUEUE, _job_id=f"b{number}")
        words = ["bench.plain_arq", self._stack.redis_url, str(SLOTS), "--burst"]
        with self._worker("ready", *words) as worker:
            try:
                await asyncio.to_thread(worker.process.wait, BULK_SECONDS)
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"plain arq took longer than {BULK_SECONDS} s") from None
            if worker.process.returncode:
                worker.check()
            return jobs / float(worker.log.read_text().split()[-1])

    async def _engine_single(self, singles: int) -> list[float]:
        async def queue() -> float:
            async with self._database.transaction() as session:
                await enqueue(session, NOOP, Nothing(tell=True))
                await session.commit()
                return time.time()  # the doorbell rings only now

        with self._worker("worker_ready", "bench.worker") as worker:
            return await self._starts(singles, worker, queue)

    async def _plain_single(self, singles: int) -> list[float]:
        async def queue() -> float:
            at = time.time()
            await self._redis.enqueue_job("noop", True, _queue_name=QUEUE)
            return at

        with self._worker("ready", "bench.plain_arq", self._stack.redis_url, str(SLOTS)) as worker:
            return await self._starts(singles, worker, queue)

    async def _starts(
        self, singles: int, worker: Worker, queue: Callable[[], Awaitable[float]]
    ) -> list[float]:
        """Return milliseconds from queueing to the handler's first line, of one job at a time."""
        await self._redis.delete(STARTED)
        latencies = []
        for _ in range(singles):
            await asyncio.sleep(random.uniform(*PAUSES_SECONDS))
            queued = await queue()
            deadline = time.monotonic() + SINGLE_SECONDS
            while (at := await cast("Awaitable[Any]", self._redis.lpop(STARTED))) is None:
                worker.check()
                if time.monotonic() > deadline:
                    raise RuntimeError(f"a job did not start within {SINGLE_SECONDS} s")
                await asyncio.sleep(0.005)
            latencies.append((float(at) - queued) * 1000)
        return latencies

    @contextmanager
    def _worker(self, ready: str, *words: str) -> Iterator[Worker]:
        self._logs += 1
        log = self._stack.state / f"bench-jobs-{self._logs}.log"
        with targets.program(words, self._env, log, cores.ALL) as process:
            targets.wait_for_word(log, ready, process)
            yield Worker(process, log)

    async def _clear(self) -> None:
        await self._redis.flushdb()
        async with self._database.connection() as connection:
            await connection.execute(text("DELETE FROM job WHERE kind = 'bench.noop'"))


def _tell(number: int, found: JobFigures) -> None:
    print(
        f"  round {number + 1}  " + "  ".join(
            f"{name} {side.rate[-1]:,.0f} jobs/s, start p50 {side.p50_ms[-1]:.1f} ms"
            f" p99 {side.p99_ms[-1]:.1f} ms"
            for name, side in (("Taskbell", found.engine), ("plain arq", found.plain))
        ),
        flush=True,
    )  # fmt: skip


def run(options: Options) -> Result:
    """Measure on a stack of its own."""
    with Stack(services=("postgres", "redis", "migrate")) as stack:
        found = asyncio.run(
            JobBench(stack).measure(
                jobs=options.jobs, singles=options.singles, rounds=options.job_rounds
            )
        )
    figures = [
        ratio_figure("no-op jobs", Ratio.of(found.engine.rate, found.plain.rate), 0.5, share=True),
        Figure("commit to start, p50", median(found.engine.p50_ms), "ms", at_most=30),
        Figure("commit to start, p99", median(found.engine.p99_ms), "ms", at_most=150),
    ]
    return Result("The job engine beside plain arq", [_table(found)], figures, _notes(options))


def _table(found: JobFigures) -> Table:
    rows = []
    for name, ours, plain, digits in (
        ("no-op jobs/s, one worker", found.engine.rate, found.plain.rate, 0),
        ("commit to start, p50, ms", found.engine.p50_ms, found.plain.p50_ms, 1),
        ("commit to start, p99, ms", found.engine.p99_ms, found.plain.p99_ms, 1),
    ):
        cells = [
            cell
            for values in (ours, plain)
            for cell in (f"{median(values):,.{digits}f}", f"{spread(values):.0%}")
        ]
        rows.append([name, *cells, str(Ratio.of(ours, plain))])
    return Table(["case", "Taskbell", "±", "plain arq", "±", "ratio"], rows)


def _notes(options: Options) -> list[str]:
    return [
        f"{options.job_rounds} interleaved rounds, their order flipped each time, of"
        f" {options.jobs} jobs in bulk and {options.singles} one at a time. Figures are medians of"
        " the rounds; ± is half of lowest to highest by the median. Nothing was pinned to cores.",
        "*no-op jobs/s*: queued before the worker starts. Ours: from the first claim to the last"
        " end, by Postgres's clock, through the whole engine (ticket, claim, finish, each its own"
        " commit). arq's: from its first job's start to the last one's end, by its own hooks; it"
        " keeps nothing.",
        "*commit to start*: from the commit (or just before arq's enqueue) to the first line of the"
        " handler, both by the clock of this machine, on an idle stack.",
    ]
