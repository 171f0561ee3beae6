"""The reminder path of a test: reminders that are planned, fired and mailed while a fault happens.

    async with ReminderField.opened(stack, server) as field:
        async with field.under_load():
            await field.kill("worker", index=0)
            await field.start("worker")
        await field.check("worker killed")

Reminders become due all the time; the owner adds more through the gateway. `check` waits for all of
them, asserts every promise and keeps the figures for the table.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.doorbell import connect
from taskbell.mail.limits import POOL_SIZE
from taskbell_local.stack import Stack
from taskbell_worker.lanes import MAILS_A_CONNECTION
from tests.faults import report
from tests.faults.client import Client
from tests.faults.figures import note
from tests.faults.mailserver import MailServer
from tests.faults.outcomes import ALL_DUE, OPEN, OUTCOMES, Outcome, Tally, check, job_of, parse
from tests.faults.people import Person, add_reminders
from tests.faults.waiting import until

IN_HAND = POOL_SIZE * MAILS_A_CONNECTION
"""Mails that one worker has in hand at most."""

CHANNELS = ("email", "in_app")
FLOWING = 8
"""Mails that have arrived before a fault happens, and reminders that follow after it."""

READ_BY_OWNER = 8
"""So many reminders of each test are read over the API in the end."""

_INBOX = text("SELECT id FROM task_list WHERE owner_id = :owner AND is_inbox")


@dataclass
class ReminderField:
    """One owner with reminders, on a stack whose workers send to `server`."""

    stack: Stack
    server: MailServer
    database: Database
    client: Client
    person: Person
    acknowledged: set[UUID] = field(default_factory=set)
    outages: int = 0
    """How often a worker lost all it ran: killed, frozen, or cut off from Postgres."""

    unsure: int = 0
    """Further mails of which nobody may know whether they arrived."""

    clock: Callable[[], datetime] = now
    """What time it is for Postgres."""

    _caught_up: float | None = None

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, stack: Stack, server: MailServer, *, database_url: str = ""
    ) -> AsyncIterator["ReminderField"]:
        """Sign somebody up. `database_url`: where the test itself finds the database."""
        database = Database(
            database_url or stack.database_url, application_name="faults", pool_size=4
        )
        client = await until(lambda: Client.sign_up(stack.gateway), "somebody to be signed up")
        client.channels = CHANNELS
        try:
            async with database.connection() as connection:
                inbox = await connection.scalar(_INBOX, {"owner": client.id})
            assert inbox is not None
            # or it would be the first to meet what a test makes of the mail server
            await until(lambda: _has_mail(server, client.email), "the mail about the account")
            person = Person(client.id, inbox, client.email)
            yield cls(stack, server, database, client, person)
        finally:
            await client.http.aclose()
            await database.close()

    # --- faults -------------------------------------------------------------------------------

    async def do(self, act: Callable[..., None], *arguments: Any, **named: Any) -> None:
        """Run one of the stack's blocking methods while the load goes on."""
        await asyncio.to_thread(act, *arguments, **named)

    async def kill(self, service: str, *, index: int | None = None) -> None:
        await self.do(self.stack.kill, service, index=index)

    async def start(self, service: str) -> None:
        await self.do(self.stack.start, service)

    async def flush(self) -> None:
        """FLUSHALL."""
        redis = connect(self.stack.redis_url, socket_timeout=5)
        await redis.flushall()
        await redis.aclose(close_connection_pool=True)

    async def freeze(self, service: str, seconds: float, *, index: int | None = None) -> None:
        """SIGSTOP for so long: the fault itself."""
        self.stack.freeze(service, index=index)
        await asyncio.sleep(seconds)
        self.stack.thaw(service, index=index)

    # --- load ---------------------------------------------------------------------------------

    async def add(self, count: int, *, at: datetime | None = None) -> list[UUID]:
        """Commit `count` reminders, due now or at a moment."""
        ids = await add_reminders(self.database, self.person, count, at=at, channels=CHANNELS)
        self.acknowledged.update(ids)
        return ids

    async def _load(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.add(random.randint(1, 4), at=self.clock() + timedelta(seconds=0.5))
            except Exception:  # the database is away: what is there in the end must be sent too
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def under_load(self, *, api: bool = True) -> AsyncIterator[None]:
        """Reminders become due before, during and after the block, in which the fault happens.

        Afterwards measure how long it takes until all that was due by then has come to an end.
        `api`: more of them come over the API.
        """
        stop = asyncio.Event()
        work = [asyncio.create_task(self._load(stop))]
        if api:
            use = self.client.use(every=0.15, seconds=3, until=stop)
            work.append(asyncio.create_task(use))
        try:
            await self.arrived(FLOWING)
            yield
            self._caught_up = await self.catch_up()
            await self.goes_on(api=api)
        finally:
            stop.set()
            await asyncio.wait(work)
        for task in work:
            task.result()

    async def goes_on(self, *, api: bool) -> None:
        """Return once reminders were added, and tasks acknowledged, anew."""
        reminders = len(self.acknowledged) + FLOWING
        tasks = len(self.client.tasks) + FLOWING * api

        async def more() -> bool:
            return len(self.acknowledged) >= reminders and len(self.client.tasks) >= tasks

        await until(more, "reminders and tasks after the fault", timeout=60)

    async def arrived(self, count: int, *, timeout: float = 60) -> None:  # noqa: ASYNC109
        """Return once so many further mails to the owner arrived."""
        before = self.server.count(self.person.email)

        async def there() -> bool:
            return self.server.count(self.person.email) >= before + count

        await until(there, f"{count} mails", timeout=timeout, poll=0.02)

    async def catch_up(self, *, timeout: float = 150) -> float:  # noqa: ASYNC109
        """Wait until all reminders that are due by now have ended; return how long it took."""
        began, moment = time.monotonic(), self.clock()

        async def ended() -> bool:
            return await self.count_open(by=moment) == 0

        try:
            await until(ended, "all that was due to be sent", timeout=timeout)
        except TimeoutError as error:
            error.add_note(await self._describe_open())
            raise
        return time.monotonic() - began

    async def count_open(self, *, by: datetime) -> int:
        """How many reminders due by a moment have not come to an end."""
        return int(await self.scalar(OPEN, moment=by.timestamp()))

    async def _describe_open(self) -> str:
        left = [one for one in await self.outcomes() if one.job_state not in {"done", "dead"}]
        return f"{len(left)} are left, such as {left[:5]}"

    # --- what became of it --------------------------------------------------------------------

    async def scalar(self, query: str, **values: Any) -> Any:
        """Ask the database; `{owner}` in the query is the owner's id."""
        async with self.database.connection() as connection:
            return await connection.scalar(text(query.format(owner=self.person.id, **values)))

    async def outcomes(self) -> list[Outcome]:
        return parse(await self.scalar(OUTCOMES))

    def mails(self) -> Counter[UUID]:
        """Messages to the owner that the server took, by job; without those about the account."""
        taken = [one for to, one in self.server.taken if to == self.person.email]
        return Counter(job_of(message_id) for message_id in taken)

    async def check(
        self, fault: str = "", *, may_be_refused: bool = False, notes: Sequence[str] = ()
    ) -> Tally:
        """Wait for every reminder, assert the promises, keep the figures as those of `fault`."""
        await until(self._all_due, "the last reminder to be due")
        caught_up = await self.catch_up()
        tally = check(
            await self.outcomes(),
            self.acknowledged | self.client.reminders.keys(),
            self.mails(),
            unsure=self.unsure + self.outages * IN_HAND,
            may_be_refused=may_be_refused,
        )
        tally.caught_up = caught_up if self._caught_up is None else self._caught_up
        tally.notes.extend(notes)
        await self._read_as_owner()
        note(f"{fault}: {tally}" if fault else str(tally))
        if fault:
            report.record(fault, tally)
        return tally

    async def _all_due(self) -> bool:
        return bool(await self.scalar(ALL_DUE))

    async def _read_as_owner(self) -> None:
        """What the database says, the owner reads over the API."""
        outcomes = await self.outcomes()
        for one in random.sample(outcomes, k=min(READ_BY_OWNER, len(outcomes))):
            answer = await self.client.http.get(f"/reminders/{one.id}/deliveries")
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            read = [item["state"] for item in items if item["channel"] == "email"]
            assert sorted(read) == sorted(one.deliveries)


async def _has_mail(server: MailServer, address: str) -> bool:
    return server.count(address) > 0
