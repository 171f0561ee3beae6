"""Jobs: our engine beside plain arq, on the same Redis, in interleaved rounds."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, cast

from sqlalchemy import text

from bench.options import Options
from bench.plain_arq import QUEUE
from bench.result import Figure, Result, Table
from bench.worker import NOOP, Nothing
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.doorbell import Doorbell, connect
from taskbell.jobs.service import NewJob, enqueue, enqueue_many
from taskbell_local.stack import Stack

SLOTS = 16


@dataclass
class JobFigures:
    """Jobs a second of each round; milliseconds from commit to start of each single job."""

    engine: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    engine_start_ms: list[float] = field(default_factory=list)
    plain_start_ms: list[float] = field(default_factory=list)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the sorted `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@contextmanager
def _program(*words: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env=os.environ | env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)


def _wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return
    raise RuntimeError(f"the program ended before it said {word!r}")


class JobBench:
    """Measures on a running stack that has Postgres, Redis and the schema, and no worker."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._doorbell = Doorbell(connect(stack.redis_url, socket_timeout=2))
        self._database = Database(
            stack.database_url, application_name="bench", after_commit=self._doorbell.ring
        )
        self._env = stack.environment(
            LOG_LEVEL="info", LOG_FORMAT="json", WORKER_MAX_JOBS=str(SLOTS),
            WORKER_HEALTH_FILE=str(stack.state / "bench.alive"), PYTHONPATH=os.getcwd(),
        )  # fmt: skip

    async def measure(self, *, jobs: int, singles: int, rounds: int) -> JobFigures:
        """Run `rounds` of `jobs` in bulk and `singles` one at a time, ours and plain in turn."""
        figures = JobFigures()
        for _ in range(rounds):
            figures.engine.append(await self._engine_bulk(jobs))
            figures.plain.append(await self._plain_bulk(jobs))
            figures.engine_start_ms += await self._engine_single(singles)
            figures.plain_start_ms += await self._plain_single(singles)
        await self._doorbell.close()
        await self._database.close()
        return figures

    async def _engine_bulk(self, jobs: int) -> float:
        """Return jobs a second from the first claim to the last end."""
        await self._clear()
        async with self._database.transaction() as session:
            ids = await enqueue_many(
                session, NOOP, [NewJob(Nothing(), id=new_id()) for _ in range(jobs)]
            )
        with _program("bench.worker", env=self._env) as worker:
            _wait_for(worker, "worker_ready")
            row = await self._until_done(len(ids), worker)
        return len(ids) / row

    async def _until_done(self, jobs: int, worker: subprocess.Popen[str]) -> float:
        drain = asyncio.create_task(asyncio.to_thread(_swallow, worker))
        query = text(
            "SELECT count(*) AS done,"
            " extract(epoch FROM max(finished_at) - min(started_at))::float AS seconds"
            " FROM job WHERE kind = 'bench.noop' AND state = 'done'"
        )
        while True:
            async with self._database.connection() as connection:
                row = (await connection.execute(query)).one()
            if row.done == jobs:
                drain.cancel()
                return float(row.seconds)
            await asyncio.sleep(0.2)

    async def _engine_single(self, singles: int) -> list[float]:
        started = text(
            "SELECT extract(epoch FROM started_at)::float AS at FROM job"
            " WHERE id = :id AND state = 'done'"
        )
        latencies = []
        with _program("bench.worker", env=self._env) as worker:
            _wait_for(worker, "worker_ready")
            drain = asyncio.create_task(asyncio.to_thread(_swallow, worker))
            for _ in range(singles):
                async with self._database.transaction() as session:
                    job_id = await enqueue(session, NOOP, Nothing())
                    await session.commit()
                    committed = time.time()
                at = None
                while at is None:
                    await asyncio.sleep(0.01)
                    async with self._database.connection() as connection:
                        at = await connection.scalar(started, {"id": job_id})
                latencies.append((at - committed) * 1000)
            drain.cancel()
        return latencies

    async def _plain_bulk(self, jobs: int) -> float:
        await self._clear()
        redis = connect(self._stack.redis_url, socket_timeout=5)
        for number in range(jobs):
            await redis.enqueue_job("noop", _queue_name=QUEUE, _job_id=f"bench{number}")
        await redis.aclose(close_connection_pool=True)
        with _program(
            "bench.plain_arq", self._stack.redis_url, str(SLOTS), "--burst", env=self._env
        ) as worker:
            assert worker.stdout is not None
            lines = await asyncio.to_thread(worker.stdout.readlines)
        return jobs / float(lines[-1])

    async def _plain_single(self, singles: int) -> list[float]:
        redis = connect(self._stack.redis_url, socket_timeout=5)
        latencies = []
        with _program(
            "bench.plain_arq", self._stack.redis_url, str(SLOTS), env=self._env
        ) as worker:
            _wait_for(worker, "ready")
            for _ in range(singles):
                queued = time.time()
                await redis.enqueue_job("noop", _queue_name=QUEUE)
                at = None
                while at is None:
                    await asyncio.sleep(0.01)
                    at = await cast("Awaitable[Any]", redis.lpop("bench:started"))
                latencies.append((float(json.loads(at)) - queued) * 1000)
        await redis.aclose(close_connection_pool=True)
        return latencies

    async def _clear(self) -> None:
        redis = connect(self._stack.redis_url, socket_timeout=5)
        await redis.flushdb()
        await redis.aclose(close_connection_pool=True)
        async with self._database.connection() as connection:
            await connection.execute(text("DELETE FROM job WHERE kind = 'bench.noop'"))


def _swallow(process: subprocess.Popen[str]) -> None:
    # a full pipe would stop the worker
    assert process.stdout is not None
    for _ in process.stdout:
        pass


def run(options: Options) -> Result:
    """Measure on a stack of its own."""
    with Stack(services=("postgres", "redis", "migrate")) as stack:
        found = asyncio.run(
            JobBench(stack).measure(
                jobs=options.jobs, singles=options.singles, rounds=options.job_rounds
            )
        )
    ratio = median(ours / plain for ours, plain in zip(found.engine, found.plain, strict=True))
    p50, p99 = (percentile(found.engine_start_ms, share) for share in (0.5, 0.99))
    figures = [
        Figure("no-op jobs", ratio, at_least=0.5, share=True),
        Figure("commit to start, p50", p50, "ms", at_most=30),
        Figure("commit to start, p99", p99, "ms", at_most=150),
    ]
    return Result("The job engine beside plain arq", [_table(found)], figures, _notes(options))


def _table(found: JobFigures) -> Table:
    ours, plain = median(found.engine), median(found.plain)
    rows = [["no-op jobs/s, one worker", f"{ours:,.0f}", f"{plain:,.0f}", f"{ours / plain:.2f}"]]
    for share in (0.5, 0.99):
        mine = percentile(found.engine_start_ms, share)
        theirs = percentile(found.plain_start_ms, share)
        name = f"commit to start, p{share * 100:.0f}, ms"
        rows.append([name, f"{mine:.1f}", f"{theirs:.1f}", f"{mine / theirs:.2f}"])
    return Table(["case", "Taskbell", "plain arq", "ratio"], rows)


def _notes(options: Options) -> list[str]:
    return [
        f"{options.job_rounds} interleaved rounds of {options.jobs} jobs in bulk and"
        f" {options.singles} one at a time. Nothing was pinned to cores.",
        "*no-op jobs/s*: from the first claim to the last end, through the whole engine (ticket,"
        " claim, finish, each its own commit), against arq alone, which keeps nothing.",
        "*commit to start*: from the commit (or arq's enqueue) to the handler, on an idle stack.",
    ]
