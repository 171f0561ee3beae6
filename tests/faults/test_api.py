"""The whole stack, in use, hurt in each of its parts: what was acknowledged is there and rings."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from taskbell.db import Database
from taskbell_local.stack import Stack
from tests.faults.client import Client
from tests.faults.figures import note
from tests.faults.mailserver import MailServer
from tests.faults.people import all_ended, look
from tests.faults.waiting import until

_THERE = text("SELECT id FROM task WHERE id = ANY(:ids)")


@pytest_asyncio.fixture
async def database(whole: Stack) -> AsyncIterator[Database]:
    opened = Database(whole.database_url, application_name="faults", pool_size=3)
    yield opened
    await opened.close()


async def kill(stack: Stack, service: str) -> None:
    index = 0 if service in {"api", "worker"} else None
    await asyncio.to_thread(stack.kill, service, index=index)


async def quit_at_once(stack: Stack, service: str) -> None:
    stack.signal(service, signal.SIGQUIT)

    async def gone() -> bool:
        return not stack.pids(service)

    await until(gone, f"{service} to be gone")


FAULTS: list[tuple[str, str, Callable[[Stack, str], Awaitable[None]]]] = [
    ("api killed", "api", kill),
    ("worker killed", "worker", kill),
    ("redis killed", "redis", kill),
    ("postgres killed", "postgres", kill),
    ("postgres stopped at once", "postgres", quit_at_once),
]


async def test_what_was_acknowledged_is_there(
    whole: Stack, mail: MailServer, database: Database
) -> None:
    client = await Client.sign_up(whole.gateway)
    using = [asyncio.create_task(client.use()) for _ in range(3)]
    lines = []
    for name, service, fault in FAULTS:
        await client.acknowledged(40)
        refused = client.refused
        await fault(whole, service)
        if service in {"api", "worker", "redis"}:
            await client.acknowledged(40)  # without it
        await asyncio.to_thread(whole.start, service)
        seconds = await client.acknowledged(20)
        lines.append(f"{name}: {client.refused - refused} refused, back after {seconds:.1f} s")
    for task in using:
        task.cancel()
    await asyncio.gather(*using, return_exceptions=True)
    async with database.connection() as connection:
        there = set(await connection.scalars(_THERE, {"ids": list(client.tasks)}))
    assert client.tasks == there, f"{len(client.tasks - there)} acknowledged tasks are gone"
    reminders = list(client.reminders)
    assert reminders

    async def ended() -> bool:
        return await all_ended(database, reminders)

    await until(ended, "every reminder to be sent", timeout=60)
    rows = await look(database, reminders)
    copies = mail.by_message()
    for row in rows:
        assert (row.state, row.occurrences) == ("done", 1)
        assert 1 <= copies[f"<{row.job_id}@localhost>"] <= 1 + row.ambiguous
        assert row.deliveries[-1] == "sent"
    note(f"{len(client.tasks)} tasks, {len(reminders)} reminders acknowledged and there")
    for line in lines:
        note(line)
    await client.http.aclose()


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_serves_without_redis(whole: Stack, how: str) -> None:
    client = await Client.sign_up(whole.gateway)
    if how == "killed":
        await asyncio.to_thread(whole.kill, "redis")
    else:
        whole.freeze("redis")
    try:
        assert await client.add_task() is not None
        began = asyncio.get_running_loop().time()
        for _ in range(10):
            assert await client.add_task() is not None
        assert asyncio.get_running_loop().time() - began < 10
        ready = await client.http.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
    finally:
        whole.thaw("redis")
        await asyncio.to_thread(whole.start, "redis")
    await client.http.aclose()


async def test_says_so_without_postgres(whole: Stack) -> None:
    """503 with Retry-After, not silence and not a trace; and everything is well afterwards."""
    client = await Client.sign_up(whole.gateway)
    await asyncio.to_thread(whole.stop, "postgres")
    answer = await client.http.get("/tasks")
    ready = await client.http.get("/health/ready")
    await asyncio.to_thread(whole.start, "postgres")
    assert answer.status_code == ready.status_code == 503
    assert "retry-after" in answer.headers
    assert answer.json()["status"] == 503
    assert "sql" not in answer.text.lower()

    async def serves() -> bool:
        return (await client.http.get("/tasks")).status_code == httpx.codes.OK

    await until(serves, "the API to serve again")
    await client.http.aclose()
