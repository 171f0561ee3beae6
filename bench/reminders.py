"""reminders: thousands due in one second, until a mail server has accepted every mail."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from bench.options import Options
from bench.result import Figure, Result, Table
from taskbell.clock import now
from taskbell.db import Database
from taskbell_local.stack import Stack
from tests.faults.mailserver import mail_server
from tests.faults.people import add_person, add_reminders, look
from tests.faults.waiting import until

PEOPLE = 100
WORKERS = 2
PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Burst:
    """Seconds from the due time to the acceptance of the first, the middle and the last mail."""

    count: int
    first: float
    half: float
    last: float
    copies: int
    """Mails beyond the first one of each reminder."""


def run(options: Options) -> Result:
    """Let the reminders come due on a stack of its own."""
    found = asyncio.run(_burst(options.reminders))
    row = [
        f"{found.count:,}", f"{found.first:.1f}", f"{found.half:.1f}", f"{found.last:.1f}",
        f"{found.count / found.last:.0f}", str(found.copies),
    ]  # fmt: skip
    columns = ["reminders", "first mail, s", "half, s", "all, s", "mails/s", "copies too many"]
    return Result(
        "Reminders due in one second",
        [Table(columns, [row])],
        [
            Figure("mails a second", found.count / found.last, "/s"),
            Figure("until the first mail", found.first, "s"),
            Figure("copies too many", found.copies, at_most=0),
        ],
        [
            f"{found.count:,} reminders of {PEOPLE} people due at the same instant, {WORKERS}"
            " workers. Seconds from that instant until the mail server, a small one in the bench's"
            " own process, has accepted the mail; then each reminder's job is done and its one"
            " delivery is recorded as sent. Nothing was pinned to cores.",
        ],
    )


async def _burst(count: int) -> Burst:
    async with mail_server() as mail:
        accepted: list[float] = []
        enough = asyncio.Event()

        def take(_recipient: str) -> None:
            accepted.append(time.time())
            if len(accepted) == count:
                enough.set()

        mail.after_taking = take
        services = ("postgres", "redis", "migrate", "worker")
        stack = Stack(services=services, workers=WORKERS, smtp_url=mail.url)
        # in a thread: the mail server goes on meanwhile
        await asyncio.to_thread(stack.__enter__)
        try:
            at = await _send(stack, count, enough)
        finally:
            await asyncio.to_thread(stack.close)
    seconds = sorted(moment - at for moment in accepted)
    copies = len(seconds) - count
    return Burst(count, seconds[0], seconds[len(seconds) // 2], seconds[-1], copies)


async def _send(stack: Stack, count: int, enough: asyncio.Event) -> float:
    """Return when the reminders were due, once each was sent. Raises `TimeoutError`."""
    database = Database(stack.database_url, application_name="bench", pool_size=2)
    try:
        reminders: list[UUID] = []
        for number in range(PEOPLE):
            person = await add_person(database, f"bob{number}")
            later = now() + timedelta(hours=1)
            reminders += await add_reminders(database, person, count // PEOPLE, at=later)
        at = await _make_due(stack)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await enough.wait()
            await until(lambda: _all_recorded(database, reminders), "every delivery recorded")
    finally:
        await database.close()
    return at


async def _make_due(stack: Stack) -> float:
    """Move all reminders to one instant a second from now; return it."""
    connection = await asyncpg.connect(stack.owner_url)
    try:
        await connection.execute("ANALYZE")
        at = now() + timedelta(seconds=1)
        await connection.execute("UPDATE reminder SET at = $1, next_fire_at = $1", at)
    finally:
        await connection.close()
    return at.timestamp()


async def _all_recorded(database: Database, reminders: list[UUID]) -> bool:
    """Tell whether every reminder has its one delivery."""
    rows = await look(database, reminders)
    return all(row.state == "done" and row.deliveries == ["sent"] for row in rows)
