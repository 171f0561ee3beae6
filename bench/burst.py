"""Thousands of reminders due in one second, on a stack of their own, and people who work on."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import uvloop

from bench import cores, targets
from bench.cases import TASKS, Person
from bench.load import Request
from bench.mails import Mails, mails
from bench.people import look_up
from bench.seed import make_owners, vacuum
from bench.steady import Steady
from bench.waiting import copy_waiting
from taskbell_local.stack import Stack

PEOPLE = 500
CALLERS = 5
"""Of them also use the API."""

CALLS_A_SECOND = 40
WARM_SECONDS = 2
QUIET_SECONDS = 15
MILLISECONDS = 5
"""That the mail server takes for a message."""

LEAD_SECONDS = 2
PATIENCE_SECONDS = 300
_SENT = """
    SELECT count(*) FROM job JOIN delivery ON delivery.job_id = job.id
    WHERE job.kind = 'mail.reminder' AND job.state = 'done' AND delivery.state = 'sent'
"""


@dataclass(frozen=True)
class Burst:
    """Seconds from the due time to the acceptance of each mail, sorted; API milliseconds, too."""

    late: list[float]
    copies: int
    quiet_ms: list[float]
    during_ms: list[float]

    @property
    def rate(self) -> float:
        """Mails a second, from the due time to the last one."""
        return len(self.late) / self.late[-1]


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which so large a part of the sorted values lies."""
    return values[min(len(values) - 1, int(len(values) * part))]


def burst(count: int, *, workers: int) -> Burst:
    """Let `count` reminders come due at once; return when all are recorded as sent."""
    services = ("postgres", "redis", "migrate", "worker")
    with (
        mails(MILLISECONDS) as server,
        Stack(services=services, workers=workers, smtp_url=server.url) as stack,
        targets.ours(stack, on=cores.ALL) as api,
    ):
        return uvloop.run(_burst(stack, server, api.port, count))


async def _burst(stack: Stack, server: Mails, port: int, count: int) -> Burst:
    owners = make_owners(PEOPLE, count // PEOPLE, name="bob", chance=random.Random(7))
    later = datetime.now(UTC) + timedelta(hours=1)
    connection = await asyncpg.connect(stack.admin_url)
    try:
        await copy_waiting(connection, owners, lambda: later)
    finally:
        await connection.close()
    await vacuum(stack.admin_url)
    people = await look_up(stack, owners[:CALLERS])
    steady = Steady(port, _calls(people))
    await steady.run(a_second=CALLS_A_SECOND, seconds=WARM_SECONDS)
    quiet = await steady.run(a_second=CALLS_A_SECOND, seconds=QUIET_SECONDS)
    done = asyncio.Event()
    due = await _make_due(stack)
    await asyncio.sleep(max(0.0, due - time.time()))
    calling = asyncio.create_task(
        steady.run(a_second=CALLS_A_SECOND, seconds=PATIENCE_SECONDS, until=done)
    )
    await _all_sent(stack, server, count)
    done.set()
    taken = server.times()
    by_id = Counter(name for _, name in taken)
    return Burst(
        sorted(moment - due for moment, _ in taken), len(taken) - len(by_id), quiet, await calling
    )


def _calls(people: Sequence[Person]) -> list[Request]:
    """Return what they do, over and over: a change among four."""
    calls = []
    for number in range(4 * CALLERS * 25):
        person = people[number % len(people)]
        task = f"{TASKS}/{person.tasks[number % len(person.tasks)]}"
        match number % 4:
            case 0:
                body = json.dumps({"description": f"change {number}"})
                calls.append(Request("PATCH", task, person.token, body))
            case 1:
                calls.append(Request("GET", task, person.token))
            case _:
                calls.append(Request("GET", TASKS, person.token))
    return calls


async def _make_due(stack: Stack) -> float:
    """Move all reminders to one instant a little later; return it."""
    connection = await asyncpg.connect(stack.owner_url)
    try:
        at = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
        # as if they had been planned long ago
        before = at - timedelta(hours=1)
        await connection.execute(
            "UPDATE reminder SET at = $1, next_fire_at = $1, updated_at = $2", at, before
        )
    finally:
        await connection.close()
    return at.timestamp()


async def _all_sent(stack: Stack, server: Mails, count: int) -> None:
    """Wait until every mail was taken and recorded. Raises `TimeoutError`."""
    connection = await asyncpg.connect(stack.database_url)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            # in a thread: whoever measures the callers must not wait for the answer
            while await asyncio.to_thread(lambda: server.count) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            while await connection.fetchval(_SENT) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    finally:
        await connection.close()
