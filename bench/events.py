"""events: thousands of live streams: what one costs, how soon it tells, and how they end."""

import asyncio
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx
import psutil

from bench import cores
from bench.cases import Person
from bench.options import Options
from bench.people import look_up
from bench.result import Figure, Result, Table
from bench.seed import make_owners, seed
from taskbell_api.draining import GRACE_SECONDS
from taskbell_local.stack import Stack

STREAMS_OF_A_USER = 20
MORE_OF_A_USER = 10
THROUGH_GATEWAY = 400
"""nginx lets one address have 512 connections."""

MOST_KB = 60
MOST_MS = 100
PATIENCE_SECONDS = 120
EVENTS = "/api/v1/events"


@dataclass
class Listener:
    """A client of one stream, as small as it can be."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    told: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def connect(cls, port: int, token: str) -> "Listener":
        """Open a stream and read until it is ready."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.write(
            f"GET {EVENTS} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.splitlines()[0]:
            raise RuntimeError(f"a stream was refused: {head.splitlines()[0].decode()}")
        while b"user_id" not in await reader.readline():
            pass
        return cls(reader, writer)

    async def listen(self) -> None:
        """Set `told` at each change, `ended` in the end."""
        try:
            while line := await self.reader.readline():
                if line.startswith(b"event: change"):
                    self.told.set()
        except OSError:
            pass
        self.ended.set()


@dataclass(frozen=True)
class Found:
    """What was measured; times in seconds, memory in kB (1000 bytes)."""

    streams: int
    opened: float
    api_kb: float
    gateway_kb: float
    delays: list[float]
    quiet_stop: float
    stop: float


def run(options: Options) -> Result:
    """Open the streams on a stack of its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    web = Path(tempfile.mkdtemp(prefix="taskbell-bench-"))
    try:
        services = ("postgres", "redis", "migrate", "api", "nginx")
        with Stack(services=services, web_root=web) as stack:
            found = asyncio.run(_measure(stack, options))
    finally:
        shutil.rmtree(web)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _result(found)


def _result(found: Found) -> Result:
    p95 = quantiles(found.delays, n=20)[-1]
    row = [
        f"{found.streams:,}", f"{found.opened:.1f}", f"{found.api_kb:.0f}",
        f"{found.gateway_kb:.0f}", f"{median(found.delays) * 1000:.0f}", f"{p95 * 1000:.0f}",
        f"{max(found.delays) * 1000:.0f}", f"{found.quiet_stop:.1f}", f"{found.stop:.1f}",
    ]  # fmt: skip
    columns = [
        "streams", "opened in s", "API kB each", "nginx kB each", "told, ms", "p95", "most",
        "stop without, s", "stop with, s",
    ]  # fmt: skip
    return Result(
        "Live streams",
        [Table(columns, [row])],
        [
            Figure("kB of an idle stream", found.api_kb, "kB", at_most=MOST_KB),
            Figure("until 20 streams are told, p95", p95 * 1000, "ms", at_most=MOST_MS),
            Figure("stop with streams open", found.stop, "s", at_most=GRACE_SECONDS),
        ],
        [
            f"{found.streams:,} idle streams, {STREAMS_OF_A_USER} a user, on one API process"
            " without the gateway: growth of its RSS, divided. nginx: the same with"
            f" {THROUGH_GATEWAY} streams through it, all its processes together.",
            f"Told: from the end of the answer to a PATCH until the last of {STREAMS_OF_A_USER}"
            " streams of its user, all through the gateway, has the change; the idle ones are open"
            f" meanwhile. {len(found.delays)} times.",
            "Stop: from SIGTERM until the process has ended, with no stream and with all of them;"
            f" it takes at most {GRACE_SECONDS} s for requests that are on their way. Nothing was"
            f" pinned to cores ({cores.IN_SHORT}).",
        ],
    )


async def _measure(stack: Stack, options: Options) -> Found:
    chance = random.Random(6)
    users = options.streams // STREAMS_OF_A_USER
    owners = make_owners(users + 1, 5, name="listener", chance=chance)
    await seed(stack.admin_url, owners, chance)
    *people, watched = await look_up(stack, owners)
    quiet_stop = await _stop(stack)
    await asyncio.to_thread(stack.start, "api")
    port, gateway = stack.plan.api_ports[0], int(stack.gateway.rpartition(":")[2])
    async with AsyncExitStack() as exits:
        for person in people[:STREAMS_OF_A_USER]:  # what the first ones cost is not theirs
            await _warm(port, person)
        before, began = _rss(stack.pids("api")), time.monotonic()
        idle = await _open(exits, port, people)
        opened = time.monotonic() - began
        await asyncio.sleep(2)
        api_kb = (_rss(stack.pids("api")) - before) / len(idle) / 1000
        delays = await _tell(exits, stack, gateway, watched)
        before = _rss(stack.pids("nginx"))
        some = people[: THROUGH_GATEWAY // MORE_OF_A_USER]
        through = await _open(exits, gateway, some, most=MORE_OF_A_USER)
        gateway_kb = (_rss(stack.pids("nginx")) - before) / len(through) / 1000
        stop = await _stop(stack)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(one.ended.wait() for one in (*idle, *through)))
    return Found(len(idle), opened, api_kb, gateway_kb, delays, quiet_stop, stop)


async def _warm(port: int, person: Person) -> None:
    listener = await Listener.connect(port, person.token)
    listener.writer.close()


async def _open(
    exits: AsyncExitStack, port: int, people: Sequence[Person], most: int = STREAMS_OF_A_USER
) -> list[Listener]:
    """Open streams of all of them, a hundred at a time."""
    tokens = [person.token for person in people for _ in range(most)]
    found: list[Listener] = []
    for start in range(0, len(tokens), 100):
        some = (Listener.connect(port, token) for token in tokens[start : start + 100])
        found += await asyncio.gather(*some)
    for listener in found:
        exits.callback(listener.writer.close)
        exits.callback(asyncio.ensure_future(listener.listen()).cancel)
    return found


async def _tell(exits: AsyncExitStack, stack: Stack, gateway: int, person: Person) -> list[float]:
    """Change a task again and again; return how long each time all streams took to tell."""
    listeners = await _open(exits, gateway, [person])
    headers = {"Authorization": f"Bearer {person.token}"}
    delays: list[float] = []
    async with httpx.AsyncClient(base_url=stack.gateway, headers=headers) as http:
        for number in range(60):
            for listener in listeners:
                listener.told.clear()
            path = f"/api/v1/tasks/{person.tasks[number % len(person.tasks)]}"
            (await http.patch(path, json={"title": f"Number {number}"})).raise_for_status()
            began = time.monotonic()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(one.told.wait() for one in listeners))
            delays.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    return delays


def _rss(pids: Sequence[int]) -> float:
    """Return the bytes that these processes and their children have in memory."""
    found = {
        one.pid: one
        for pid in pids
        for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
    }
    return float(sum(one.memory_info().rss for one in found.values()))


async def _stop(stack: Stack) -> float:
    """Return the seconds from SIGTERM until the API has ended."""
    began = time.monotonic()
    await asyncio.to_thread(stack.stop, "api")
    return time.monotonic() - began
