"""The program: how it starts, shows that it lives, and ends."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from core.tests.mail.scripted import HANG, Server
from core.tests.make import a_reminder, a_task, a_user, make_due
from taskbell.db import Database, normalise_url
from taskbell_local.stack import Stack

from .waiting import until

Process = asyncio.subprocess.Process
Start = Callable[..., Awaitable[Process]]


@pytest_asyncio.fixture
async def start(servers: Stack, smtp: Server, tmp_path: Path) -> AsyncIterator[Start]:
    """Start `python -m taskbell_worker`; it is killed when the test forgets it."""
    started: list[Process] = []

    async def start(*arguments: str, **variables: str) -> Process:
        environment = os.environ | {
            "TASKBELL_ENV": "local", "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url, "SMTP_URL": smtp.url, "WORKER_DRAIN_SECONDS": "1",
            "WORKER_HEALTH_FILE": str(tmp_path / "alive"), "LOG_FORMAT": "json", **variables,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "taskbell_worker", *arguments, env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def line_of(process: Process, event: str) -> dict[str, Any]:
    """Read the log up to the line of an event."""
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while line := await process.stdout.readline():
            found: dict[str, Any] = json.loads(line)
            if found["event"] == event:
                return found
    raise AssertionError(f"it ended without saying {event}")


async def test_it_sends_and_ends(
    start: Start, empty_database: Database, smtp: Server, tmp_path: Path
) -> None:
    process = await start()
    ready = await line_of(process, "worker_ready")
    assert {"mail.reminder", "mail.welcome"} <= set(ready["kinds"])
    async with empty_database.transaction() as session:
        task = await a_task(session, await a_user(session))
        await make_due(session, await a_reminder(session, task))
    while (line := await line_of(process, "job"))["kind"] != "mail.reminder":
        pass  # daily jobs run too
    assert line["outcome"] == "done"
    assert len(smtp.mails) == 1
    assert await (await start("health")).wait() == 0
    process.send_signal(signal.SIGTERM)
    await line_of(process, "worker_stopped")
    assert await process.wait() == 0
    assert not (tmp_path / "alive").exists()
    assert await (await start("health")).wait() == 1


async def test_it_gives_its_jobs_back_at_the_end(
    start: Start, empty_database: Database, smtp: Server
) -> None:
    smtp.script = {"RCPT": HANG}
    process = await start()
    await line_of(process, "worker_ready")
    async with empty_database.transaction() as session:
        task = await a_task(session, await a_user(session))
        await make_due(session, await a_reminder(session, task))

    async def sends() -> bool:
        return any(command.startswith("RCPT") for command in smtp.commands)

    await until(sends)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    assert time.monotonic() - began < 10
    async with empty_database.connection() as connection:
        row = (await connection.execute(text("SELECT state, attempts, crashes FROM job"
                                             " WHERE kind = 'mail.reminder'"))).one()  # fmt: skip
    assert tuple(row) == ("ready", 0, 0)


async def test_a_wrong_setting_is_named(start: Start) -> None:
    process = await start(SMTP_URL="")
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert "SMTP_URL" in errors.decode()


async def test_it_waits_for_a_database_that_is_not_there_yet(start: Start) -> None:
    process = await start(DATABASE_URL="postgresql://u:p@127.0.0.1:1/d")
    await line_of(process, "database_unreachable")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_it_refuses_another_schema(start: Start, servers: Stack) -> None:
    engine = create_async_engine(normalise_url(servers.owner_url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        set_to = text("UPDATE alembic_version SET version_num = :to")
        await connection.execute(set_to, {"to": "another"})
        try:
            process = await start()
            line = await line_of(process, "schema_mismatch")
            assert await process.wait() == 1
        finally:
            await connection.execute(set_to, {"to": found})
    await engine.dispose()
    assert "another" in line["reason"]
