"""Thousands of jobs under random faults: none is lost, each runs, each duplicate is counted.

The seed is printed; `FAULTS_SEED=…` repeats the same sequence of faults.
"""

import asyncio
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from taskbell_local.stack import Stack
from tests.faults.client import Client
from tests.faults.conftest import SHORT
from tests.faults.field import LEASE_SECONDS, WORKERS, Field
from tests.faults.figures import note
from tests.faults.mailserver import MailServer
from tests.faults.people import add_person, add_reminders, all_ended, look
from tests.faults.waiting import until

ROUNDS = 1 if SHORT else 3
"""Of all the faults, in a random order each."""

JOBS = 1000 if SHORT else 6000
REMINDERS = 20 if SHORT else 150
RATE = 60 if SHORT else 80

_EARLIER = text("""
    SELECT count(*) FROM job
    WHERE group_key = :run AND state IN ('ready', 'running') AND created_at < to_timestamp(:moment)
""")


class Chaos:
    """One random fault after another on a stack, each undone after a random while."""

    def __init__(self, stack: Stack, field: Field, dice: random.Random) -> None:
        self.stack = stack
        self.field = field
        self.dice = dice
        self.faults = 0
        self.back: dict[str, list[float]] = defaultdict(list)
        self._deck: list[tuple[str, Callable[[Chaos], Awaitable[None]]]] = []

    async def one(self) -> None:
        """Do one fault, undo it, and measure until everything older than that has ended."""
        if not self._deck:
            self._deck = self.dice.sample(FAULTS, k=len(FAULTS))
        name, fault = self._deck.pop()
        self.faults += 1
        await fault(self)
        began = time.time()

        async def caught_up() -> bool:
            async with self.field.database.connection() as connection:
                values = {"run": self.field.run, "moment": began}
                return bool(await connection.scalar(_EARLIER, values) == 0)

        if self.dice.random() < 0.7:  # else the next fault meets one that is not over yet
            await until(caught_up, f"recovery from {name}", timeout=60)
            self.back[name].append(time.time() - began)

    async def pause(self, least: float, most: float) -> None:
        """How long a fault lasts."""
        await asyncio.sleep(self.dice.uniform(least, most))

    async def kill(self, service: str, index: int | None = None) -> None:
        await self.field.do(self.stack.kill, service, index=index)
        await self.pause(0, 2)
        await self.field.do(self.stack.start, service)

    async def freeze(self, service: str, least: float, most: float) -> None:
        index = self.dice.randrange(WORKERS) if service == "worker" else None
        self.stack.freeze(service, index=index)
        await self.pause(least, most)
        await self.field.do(self.stack.thaw, service, index=index)

    async def worker_killed(self) -> None:
        self.field.kills += 1
        await self.kill("worker", self.dice.randrange(WORKERS))

    async def worker_stopped(self) -> None:
        index = self.dice.randrange(WORKERS)
        await self.field.do(self.stack.stop, "worker", index=index)
        await self.field.do(self.stack.start, "worker")

    async def worker_frozen(self) -> None:
        self.field.kills += 1
        await self.freeze("worker", LEASE_SECONDS, LEASE_SECONDS + 3)

    async def redis_killed(self) -> None:
        await self.kill("redis")

    async def redis_flushed(self) -> None:
        await self.field.flush()

    async def redis_frozen(self) -> None:
        await self.freeze("redis", 1, 6)

    async def postgres_killed(self) -> None:
        self.field.kills += WORKERS
        await self.kill("postgres")

    async def postgres_stopped_at_once(self) -> None:
        self.field.kills += WORKERS
        self.stack.signal("postgres", signal.SIGQUIT)

        async def gone() -> bool:
            return not self.stack.pids("postgres")

        await until(gone, "Postgres to be gone")
        await self.field.do(self.stack.start, "postgres")

    async def postgres_frozen(self) -> None:
        self.field.kills += WORKERS
        await self.freeze("postgres", 1, 4)

    async def api_killed(self) -> None:
        await self.kill("api", self.dice.randrange(3))


FAULTS: list[tuple[str, Callable[[Chaos], Awaitable[None]]]] = [
    ("worker killed", Chaos.worker_killed),
    ("worker killed", Chaos.worker_killed),
    ("worker stopped", Chaos.worker_stopped),
    ("worker frozen past its lease", Chaos.worker_frozen),
    ("redis killed", Chaos.redis_killed),
    ("redis flushed", Chaos.redis_flushed),
    ("redis frozen", Chaos.redis_frozen),
    ("postgres killed", Chaos.postgres_killed),
    ("postgres stopped at once", Chaos.postgres_stopped_at_once),
    ("postgres frozen", Chaos.postgres_frozen),
    ("api killed", Chaos.api_killed),
]


async def add_some_reminders(field: Field, count: int, into: list[UUID]) -> None:
    while len(into) < count:
        try:
            person = await add_person(field.database, "carol")
            into += await add_reminders(field.database, person, 5)
        except Exception:  # the database is away: whether they are there shows below
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.5)


async def test_random_faults(whole: Stack, mail: MailServer, effects_file: Path) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(1_000_000))
    note(f"FAULTS_SEED={seed}")
    field = Field(whole, effects_file)
    chaos = Chaos(whole, field, random.Random(seed))
    client = await Client.sign_up(whole.gateway)
    reminders: list[UUID] = []
    hurt = asyncio.Event()
    work = [
        asyncio.create_task(field.load(JOBS, rate=RATE, work_ms=120, until=hurt)),
        asyncio.create_task(add_some_reminders(field, REMINDERS, reminders)),
    ]
    using = asyncio.create_task(client.use(every=0.3))
    while chaos.faults < ROUNDS * len(FAULTS) or not all(task.done() for task in work):
        await chaos.one()
        if chaos.faults >= ROUNDS * len(FAULTS):
            hurt.set()
    await asyncio.gather(*work)
    using.cancel()
    figures = await field.settle(timeout=90)

    async def ended() -> bool:
        return await all_ended(field.database, reminders)

    await until(ended, "every reminder to be sent", timeout=60)
    copies = mail.by_message()
    rows = await look(field.database, [*reminders, *client.reminders])
    assert len(rows) == len(reminders) + len(client.reminders), "acknowledged reminders are gone"
    of_reminders = [r for r in rows if r.id in set(reminders)]
    for row in of_reminders:
        assert (row.state, row.occurrences) == ("done", 1)
        assert 1 <= copies[f"<{row.job_id}@localhost>"] <= 1 + row.ambiguous
    doubled = sum(copies[f"<{row.job_id}@localhost>"] - 1 for row in of_reminders)
    ambiguous = sum(row.ambiguous for row in of_reminders)
    note(f"{chaos.faults} faults, so up to {figures.kills * field.slots} duplicates are allowed")
    note(f"reminders {len(reminders)}, mails doubled {doubled}, ambiguous {ambiguous}")
    note(f"tasks acknowledged {len(client.tasks)}, refused {client.refused}")
    for name, seconds in sorted(chaos.back.items()):
        most = max(seconds)
        note(f"{name}: {len(seconds)} times, caught up after at most {most:.1f} s")
    await client.http.aclose()
    await field.close()
