"""processes: memory of api and worker at rest and under load, and how long things take to start."""

import asyncio
import random
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import psutil

from bench import cores, load, targets
from bench.cases import LIST
from bench.load import write_requests
from bench.options import Options
from bench.people import look_up
from bench.result import Figure, Result, Table
from bench.seed import make_owners, seed
from taskbell.clock import now
from taskbell.db import Database
from taskbell_local import toolchain
from taskbell_local.plan import SERVICES
from taskbell_local.ports import free_port
from taskbell_local.stack import Stack
from tests.faults.mailserver import mail_server
from tests.faults.people import add_person, add_reminders, all_ended

REST_SECONDS = 3
REMINDERS = 300
MIB = 2**20


@dataclass(frozen=True)
class Memory:
    """MiB of one process. PSS divides what is shared among those who share it."""

    pss: float
    uss: float
    rss: float

    @classmethod
    def of(cls, pid: int) -> "Memory":
        """Look at a process now."""
        full = psutil.Process(pid).memory_full_info()
        return cls(getattr(full, "pss", full.uss) / MIB, full.uss / MIB, full.rss / MIB)


class Watch:
    """The most a process takes while the block runs, looked at four times a second."""

    def __init__(self, pid: int) -> None:
        self.most = Memory.of(pid)
        self._pid = pid
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.25):
            self.most = max(self.most, Memory.of(self._pid), key=lambda seen: seen.pss)


def run(options: Options) -> Result:
    """Measure memory on one stack, then start things again and again."""
    memory, starts = asyncio.run(_memory(options))
    _build()
    starts["whole stack"] = [_seconds(Stack) for _ in range(options.starts)]
    figures = [Figure(f"{name}, PSS", seen.pss, "MiB") for name, seen in memory.items()]
    figures += [Figure(f"{name} start", median(found), "s") for name, found in starts.items()]
    tables = [_memory_table(memory), _start_table(starts)]
    return Result("Memory and cold start", tables, figures, _notes(options))


def _memory_table(memory: dict[str, Memory]) -> Table:
    rows = [
        [name, f"{seen.pss:.0f}", f"{seen.uss:.0f}", f"{seen.rss:.0f}"]
        for name, seen in memory.items()
    ]
    return Table(["process", "PSS MiB", "USS MiB", "RSS MiB"], rows)


def _start_table(starts: dict[str, list[float]]) -> Table:
    rows = [
        [name, f"{median(found):.2f}", f"{min(found):.2f}", f"{max(found):.2f}"]
        for name, found in starts.items()
    ]
    return Table(["start", "median s", "fastest s", "slowest s"], rows)


def _notes(options: Options) -> list[str]:
    return [
        f"At rest: {REST_SECONDS} s after start. Under load: the most seen, of the API while"
        f" {options.connections} connections list tasks, of the worker while it sends {REMINDERS}"
        " mails.",
        f"Start: {options.starts} times, programs in the system's cache; the API until"
        " `/api/v1/health/ready` answers 200, the worker until it says `worker_ready`, the stack (a"
        " fresh data folder each time: initdb and all migrations) until all of it answers.",
    ]


async def _memory(options: Options) -> tuple[dict[str, Memory], dict[str, list[float]]]:
    """Return memory by process and moment, and seconds of the starts of api and worker."""
    async with mail_server() as mail:
        services = ("postgres", "redis", "migrate", "api", "worker")
        stack = Stack(services=services, smtp_url=mail.url)
        await asyncio.to_thread(stack.__enter__)
        try:
            await asyncio.sleep(REST_SECONDS)
            api, worker = stack.pids("api")[0], stack.pids("worker")[0]
            found = {"api at rest": Memory.of(api), "worker at rest": Memory.of(worker)}
            with Watch(api) as watch:
                await _load_api(stack, options)
            found["api under load"] = watch.most
            with Watch(worker) as watch:
                await _load_worker(stack)
            found["worker under load"] = watch.most
            times = {
                name: [await asyncio.to_thread(start, stack) for _ in range(options.starts)]
                for name, start in (("api", _start_api), ("worker", _start_worker))
            }
        finally:
            await asyncio.to_thread(stack.close)
    return found, times


async def _load_api(stack: Stack, options: Options) -> None:
    chance = random.Random(5)
    owners = make_owners(options.users, 1000, name="reader", chance=chance)
    await seed(stack.admin_url, owners, chance)
    requests = LIST.build(await look_up(stack, owners), chance)
    file = write_requests(stack.state / "bench.requests", requests)
    await asyncio.to_thread(
        load.run, stack.plan.api_ports[0], file, connections=options.connections,
        seconds=options.seconds,
    )  # fmt: skip


async def _load_worker(stack: Stack) -> None:
    database = Database(stack.database_url, application_name="bench", pool_size=2)
    try:
        person = await add_person(database, "bob")
        at = now() + timedelta(seconds=1)
        reminders = await add_reminders(database, person, REMINDERS, at=at)
        deadline = time.monotonic() + 60
        while not await all_ended(database, reminders):
            if time.monotonic() > deadline:
                raise TimeoutError("the reminders were not sent within 60 s")
            await asyncio.sleep(0.1)
    finally:
        await database.close()


def _build() -> None:
    """Build the page and the mailbox unless they are there: that is no part of a start."""
    with tempfile.TemporaryDirectory() as folder:
        silent = (lambda _label, _line: None, lambda _line: None)
        asyncio.run(toolchain.ensure(SERVICES, Path(folder), *silent))


def _start_api(stack: Stack) -> float:
    return _seconds(lambda: targets.ours(stack, on=cores.ALL))


def _start_worker(stack: Stack) -> float:
    label = f"bench-worker-{free_port()}"
    log = stack.state / f"{label}.log"
    environment = stack.environment(
        LOG_FORMAT="json", WORKER_HEALTH_FILE=str(stack.state / f"{label}.alive")
    )
    began = time.monotonic()
    with targets.program(["taskbell_worker"], environment, log, cores.ALL) as process:
        targets.wait_for_word(log, "worker_ready", process)
        return time.monotonic() - began


def _seconds(make: Callable[[], AbstractContextManager[object]]) -> float:
    """Return the seconds until a block is entered."""
    began = time.monotonic()
    with make():
        return time.monotonic() - began
