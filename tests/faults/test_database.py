"""Postgres killed, frozen, refusing: what was committed is there and runs, what was not never."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from taskbell.db import normalise_url
from tests.faults.field import LEASE_SECONDS, WORKERS, Field
from tests.faults.kinds import NOTE, Work
from tests.faults.waiting import until

BACK_SECONDS = LEASE_SECONDS + 20


@pytest_asyncio.fixture
async def admin(field: Field) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(
        normalise_url(field.stack.admin_url), isolation_level="AUTOCOMMIT", pool_pre_ping=True
    )
    yield engine
    await engine.dispose()


async def test_killed_under_load(field: Field) -> None:
    load = asyncio.create_task(field.load(500))
    for share in (60, 250):
        await field.had_effects(share)
        await field.kill("postgres")
        field.kills += WORKERS  # all leases may run out
        await field.do(field.stack.start, "postgres")
    await load
    await field.settle(timeout=BACK_SECONDS)


@pytest.mark.full
async def test_stopped_at_once_under_load(field: Field) -> None:
    """An immediate shutdown: no checkpoint, recovery from the log."""
    load = asyncio.create_task(field.load(400))
    await field.had_effects(100)
    field.stack.signal("postgres", signal.SIGQUIT)
    field.kills += WORKERS

    async def gone() -> bool:
        return not field.stack.pids("postgres")

    await until(gone, "Postgres to be gone")
    await field.do(field.stack.start, "postgres")
    await load
    await field.settle(timeout=BACK_SECONDS)


async def test_away_while_effects_wait_to_be_noted(field: Field) -> None:
    """What happened outside is noted as soon as Postgres is back, within the lease."""
    await field.enqueue(NOTE, Work(work_ms=1000), count=WORKERS * field.slots)
    await field.had_effects(WORKERS * field.slots)
    await field.kill("postgres")
    field.kills += WORKERS
    await field.do(field.stack.start, "postgres")
    await field.settle(timeout=BACK_SECONDS)


@pytest.mark.full
async def test_away_for_longer_than_a_lease(field: Field) -> None:
    await field.enqueue(NOTE, Work(work_ms=1000), count=40)
    await field.had_effects(5)
    await field.kill("postgres")
    field.kills += WORKERS
    await asyncio.sleep(LEASE_SECONDS + 2)  # the fault itself
    await field.do(field.stack.start, "postgres")
    await field.settle(timeout=BACK_SECONDS)


@pytest.mark.full
@pytest.mark.parametrize("seconds", [2, LEASE_SECONDS * 2])
async def test_frozen_under_load(field: Field, seconds: float) -> None:
    """All connections open, and silent."""
    load = asyncio.create_task(field.load(300, rate=60))
    await field.had_effects(60)
    field.stack.freeze("postgres")
    field.kills += WORKERS
    await asyncio.sleep(seconds)  # the fault itself
    await field.do(field.stack.thaw, "postgres")
    await load
    await field.settle(timeout=BACK_SECONDS + 20)


@pytest.mark.full
async def test_connections_cut_again_and_again(field: Field, admin: AsyncEngine) -> None:
    load = asyncio.create_task(field.load(500))
    for share in range(40, 440, 40):
        await field.had_effects(share)
        async with admin.connect() as connection:
            await connection.execute(
                text("""
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'taskbell-worker'
                """)
            )
        field.kills += WORKERS
    await load
    await field.settle(timeout=BACK_SECONDS)


@pytest.mark.full
async def test_hardly_any_connections_left(field: Field, admin: AsyncEngine) -> None:
    """Fewer than the workers' pools want: slower, and nothing is lost."""
    await field.do(field.stack.stop, "worker")
    try:
        async with admin.connect() as connection:
            await connection.execute(text("ALTER ROLE taskbell_app CONNECTION LIMIT 9"))
        await field.enqueue_many(300)
        await field.do(field.stack.start, "worker")
        await field.settle(timeout=60)
    finally:
        async with admin.connect() as connection:
            await connection.execute(text("ALTER ROLE taskbell_app CONNECTION LIMIT -1"))
