"""A worker in pieces: its runner and relay over real servers, and a mail server with a script."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from sqlalchemy import Row, text

from core.tests.mail.scripted import Server, smtp_server
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.doorbell import connect
from taskbell.jobs.kinds import Kind
from taskbell.jobs.models import Job
from taskbell.jobs.service import enqueue
from taskbell.mail.smtp import Mailer
from taskbell.outbound.client import Outbound
from taskbell_worker import handlers
from taskbell_worker.registry import registry
from taskbell_worker.run import Resources
from taskbell_worker.runner import Runner

from .kinds import ACT, Act, Stage
from .waiting import until

assert handlers  # registers them

Add = Callable[..., Awaitable[UUID]]
Find = Callable[[UUID], Awaitable[Row[Any]]]
MakeRunner = Callable[..., Runner]
Do = Callable[..., Awaitable[Job]]


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def add(empty_database: Database) -> Add:
    """Commit a job that is due."""

    async def add(what: str = "nothing", *, kind: Kind[Act] = ACT, **how: Any) -> UUID:
        async with empty_database.transaction() as session:
            added = await enqueue(session, kind, Act(what=what), **how)
        assert added is not None
        return added

    return add


@pytest.fixture
def find(empty_database: Database) -> Find:
    """Read a job."""

    async def find(job_id: UUID) -> Row[Any]:
        async with empty_database.connection() as connection:
            found = await connection.execute(
                text("SELECT * FROM job WHERE id = :id"), {"id": job_id}
            )
            return found.one()

    return find


@pytest_asyncio.fixture
async def smtp() -> AsyncIterator[Server]:
    async with smtp_server() as server:
        yield server


@pytest_asyncio.fixture
async def make_runner(
    empty_database: Database, stage: Stage, smtp: Server
) -> AsyncIterator[MakeRunner]:
    """Make runners; what they still run is released at the end."""
    async with AsyncExitStack() as stack:

        def make(
            *,
            database: Database = empty_database,
            unconfirmed_per_day: int = 200,
            outbound: Outbound | None = None,
            smtp_timeout: float = 1,
            **more: Any,
        ) -> Runner:
            mailer = Mailer(smtp.url, timeout=smtp_timeout)
            stack.push_async_callback(mailer.close)
            resources = Resources(
                database,
                mailer,
                "bell@example.org",
                "https://tasks.example.com",
                unconfirmed_per_day,
                outbound or Outbound(),
            )
            options: dict[str, Any] = {
                "registry": stage.registry,
                "owner": "tests",
                "slots": 4,
            } | more
            runner = Runner(resources, **options)
            stack.push_async_callback(runner.drain, 0)
            return runner

        yield make


@pytest.fixture
def do(empty_database: Database, make_runner: MakeRunner) -> Do:
    """Enqueue a job and let it run once; given a job, run that once more. Return what it is now."""
    runner = make_runner(registry=registry)

    async def do(kind: Kind[Any] | None = None, payload: Any = None, *, again: Any = None) -> Job:
        async with empty_database.transaction() as session:
            if kind is not None:
                job_id = await enqueue(session, kind, payload)
            else:
                job_id = again.id
                (await session.get_one(Job, job_id)).run_at = now() - timedelta(minutes=1)
        assert job_id is not None
        await runner.take(job_id)

        async def ended() -> bool:
            return runner.running == 0

        await until(ended)
        async with empty_database.transaction() as session:
            return await session.get_one(Job, job_id)

    return do


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    """An empty Redis."""
    client = connect(redis_url, socket_timeout=2)
    await client.flushall()
    yield client
    await client.aclose(close_connection_pool=True)
