"""Thousands of reminders due in the same second: each mail once, while people go on working."""

import asyncio
import time
from datetime import timedelta

from taskbell.clock import now
from taskbell.db import Database
from taskbell_local.stack import Stack
from tests.faults.client import Client
from tests.faults.conftest import SHORT
from tests.faults.figures import note
from tests.faults.mailserver import MailServer
from tests.faults.people import add_person, add_reminders, look
from tests.faults.waiting import until

PEOPLE = 100
EACH = 5 if SHORT else 100


async def get_tasks(client: Client, milliseconds: list[float]) -> None:
    """Read one's tasks ten times a second; each must succeed."""
    while True:
        began = time.monotonic()
        answer = await client.http.get("/tasks")
        milliseconds.append((time.monotonic() - began) * 1000)
        assert answer.status_code == 200, answer.text
        await asyncio.sleep(0.1)


async def test_burst(whole: Stack, mail: MailServer) -> None:
    database = Database(whole.database_url, application_name="faults", pool_size=3)
    client = await Client.sign_up(whole.gateway)
    for _ in range(30):
        await client.add_task()
    people = [await add_person(database, "bob") for _ in range(PEOPLE)]
    at = now() + timedelta(seconds=5 if SHORT else 15)
    reminders = []
    for person in people:
        reminders += await add_reminders(database, person, EACH, at=at)
    assert now() < at, "the machine is too slow to prepare the burst in time"
    milliseconds: list[float] = []
    reading = asyncio.create_task(get_tasks(client, milliseconds))
    addresses = {person.email for person in people}

    async def all_there() -> bool:
        return sum(to in addresses for to, _ in mail.taken) >= len(reminders)

    await until(all_there, "every mail", timeout=420, poll=0.5)
    took = (now() - at).total_seconds()

    async def all_done() -> bool:
        return all(row.state == "done" for row in await look(database, reminders))

    await until(all_done, "every job to be done", timeout=30, poll=1)
    assert not reading.done(), reading.exception()
    reading.cancel()
    rows = await look(database, reminders)
    copies = mail.by_message()
    assert {copies[f"<{row.job_id}@localhost>"] for row in rows} == {1}
    seen = {(row.occurrences, row.ambiguous, row.attempts, *row.deliveries) for row in rows}
    assert seen == {(1, 0, 1, "sent")}
    ordered = sorted(milliseconds)
    half, most = (ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    rate = len(reminders) / took
    note(f"{len(reminders)} reminders of one second: once each in {took:.0f} s, {rate:.0f}/s")
    note(f"GET /tasks meanwhile: p50 {half:.0f} ms, p99 {most:.0f} ms")
    await client.http.aclose()
    await database.close()
