"""Mail servers that refuse, hang and break off: reminders arrive, and their owners see how."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Row

from taskbell.db import Database
from taskbell_local.stack import Stack
from tests.faults.conftest import ENGINE, worker_environment
from tests.faults.mailserver import Does, MailServer, mail_server
from tests.faults.people import Person, add_person, add_reminders, all_ended, look
from tests.faults.waiting import until


@dataclass
class Post:
    """A stack whose workers send to the server beside it."""

    stack: Stack
    server: MailServer
    database: Database

    async def person(self, *script: Does) -> Person:
        person = await add_person(self.database, "ada")
        self.server.script[person.email].extend(script)
        return person

    async def outcome(self, reminders: list[UUID], *, timeout: float = 45) -> list[Row[object]]:  # noqa: ASYNC109
        async def ended() -> bool:
            return await all_ended(self.database, reminders)

        await until(ended, "all reminders to be sent or given up", timeout=timeout)
        rows = await look(self.database, reminders)
        for row in rows:
            copies = self.server.by_message()[f"<{row.job_id}@localhost>"]
            assert row.occurrences == 1
            assert copies <= 1 + row.ambiguous, "a duplicate that nobody counted"
            assert copies >= 1 or row.state == "dead", "said done, and nothing arrived"
            assert "sending" not in row.deliveries
            assert "planned" not in row.deliveries
        return rows


@pytest_asyncio.fixture(scope="module")
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def stack(server: MailServer, effects_file: Path) -> Iterator[Stack]:
    env = worker_environment(effects_file) | {"WORKER_DRAIN_SECONDS": "1"}
    with Stack(services=ENGINE, workers=2, env=env, smtp_url=server.url) as running:
        yield running


@pytest_asyncio.fixture
async def post(stack: Stack, server: MailServer) -> AsyncIterator[Post]:
    database = Database(stack.database_url, application_name="faults", pool_size=3)
    try:
        yield Post(stack, server, database)
    finally:
        server.after_taking = lambda _recipient: None
        server.greeting = "220 faults ESMTP"
        await asyncio.to_thread(stack.start, "worker")
        await database.close()


EXPECTED = {
    (): (1, 0, "done", ["sent"]),
    (Does.LATER_RCPT,): (1, 0, "done", ["failed", "sent"]),
    (Does.LATER_DATA,): (1, 0, "done", ["failed", "sent"]),
    (Does.LATER_RCPT, Does.CLOSE_RCPT): (1, 0, "done", ["failed", "failed", "sent"]),
    (Does.NEVER_RCPT,): (0, 0, "dead", ["failed"]),
    (Does.NEVER_DATA,): (0, 0, "dead", ["failed"]),
    (Does.LATER_DATA, Does.NEVER_DATA): (0, 0, "dead", ["failed", "failed"]),
    (Does.HANG,): (1, 1, "done", ["unknown", "sent"]),
    (Does.DROP,): (1, 1, "done", ["unknown", "sent"]),
    (Does.TAKE_AND_DROP,): (2, 1, "done", ["unknown", "sent"]),
}


async def test_what_servers_do(post: Post) -> None:
    """All at once: copies that arrived, counted as ambiguous, end of the job, deliveries."""
    people = {script: await post.person(*script) for script in EXPECTED}
    reminders = {
        script: (await add_reminders(post.database, person, 1))[0]
        for script, person in people.items()
    }
    rows = {row.id: row for row in await post.outcome(list(reminders.values()))}
    found = {
        script: (
            post.server.count(people[script].email), rows[reminder].ambiguous,
            rows[reminder].state, rows[reminder].deliveries,
        )
        for script, reminder in reminders.items()
    }  # fmt: skip
    # a connection that was used before may have been closed meanwhile: that costs no attempt
    closed = (Does.LATER_RCPT, Does.CLOSE_RCPT)
    *_, deliveries = found[closed]
    assert deliveries in (["failed", "sent"], ["failed", "failed", "sent"])
    assert found | {closed: EXPECTED[closed]} == EXPECTED
    assert found[closed][:3] == EXPECTED[closed][:3]
    refused = rows[reminders[(Does.NEVER_RCPT,)]]
    assert "550 5.1.1 nobody of that name" in refused.last_error


@pytest.mark.full
async def test_away_and_back(post: Post) -> None:
    person = await post.person()
    await post.server.stop()
    reminders = await add_reminders(post.database, person, 20)

    async def tried() -> bool:
        return all(row.attempts >= 1 for row in await look(post.database, reminders))

    await until(tried, "a first attempt of each")
    await post.server.start()
    rows = await post.outcome(reminders)
    assert post.server.count(person.email) == 20
    assert {row.ambiguous for row in rows} == {0}


@pytest.mark.full
async def test_busy_at_the_door(post: Post) -> None:
    post.server.greeting = "421 4.3.2 too busy"
    person = await post.person()
    reminders = await add_reminders(post.database, person, 5)

    async def tried() -> bool:
        return all(row.attempts >= 1 for row in await look(post.database, reminders))

    await until(tried, "a first attempt of each")
    post.server.greeting = "220 faults ESMTP"
    rows = await post.outcome(reminders)
    assert {(row.state, row.ambiguous) for row in rows} == {("done", 0)}


async def test_worker_dies_between_the_servers_yes_and_our_commit(post: Post) -> None:
    """The one case of a duplicate: it is counted, and the owner sees `unknown`, then `sent`."""
    person = await post.person()
    pids = post.stack.pids("worker")
    post.stack.signal("worker", 0)  # from here on their end is expected

    def kill_them(recipient: str) -> None:
        if recipient == person.email and post.server.count(recipient) == 1:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    post.server.after_taking = kill_them
    reminders = await add_reminders(post.database, person, 1)

    async def gone() -> bool:
        return not post.stack.pids("worker")

    await until(gone, "the workers to be gone")
    await asyncio.to_thread(post.stack.start, "worker")
    (row,) = await post.outcome(reminders)
    assert (row.ambiguous, row.crashes, row.deliveries) == (1, 1, ["unknown", "sent"])
    assert post.server.count(person.email) == 2


async def test_worker_is_stopped_while_the_server_hangs(post: Post) -> None:
    """The job is given back, and that nobody knows about this attempt is not forgotten."""
    person = await post.person(Does.HANG)
    reminders = await add_reminders(post.database, person, 1)

    async def sending() -> bool:
        return bool((await look(post.database, reminders))[0].deliveries == ["sending"])

    await until(sending, "the message to be on its way", poll=0.02)
    await asyncio.to_thread(post.stack.restart, "worker")
    (row,) = await post.outcome(reminders)
    assert (row.ambiguous, row.crashes, row.deliveries) == (1, 0, ["unknown", "sent"])
    assert "released" in row.last_error
    assert post.server.count(person.email) == 1
