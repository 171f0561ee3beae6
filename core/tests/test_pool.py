"""The pool: fair to sessions and single statements, and sound again after any trouble."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from statistics import mean

import pytest
from sqlalchemy import func, select, text

from taskbell.db import Database, is_unreachable
from taskbell.statements import Statement
from taskbell_local.stack import Stack

ONE = Statement(select(func.length("x")), into=int)
SIZE = 3


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Stack]:
    """A Postgres that may be killed."""
    with Stack(services=("postgres", "redis", "migrate")) as stack:
        yield stack


@pytest.fixture
async def pool(own_servers: Stack) -> AsyncIterator[Database]:
    made = Database(own_servers.database_url, application_name="tests", pool_size=SIZE)
    yield made
    await made.close()


async def session_does(database: Database, statement: str = "SELECT 1") -> None:
    async with database.transaction() as session:
        await session.execute(text(statement))


async def is_sound(database: Database) -> None:
    """Every connection can be had, at once, either way, and none more."""
    for _ in range(3):
        assert await asyncio.gather(*(ONE.first(database) for _ in range(4 * SIZE))) == [1] * 12
        await asyncio.gather(*(session_does(database) for _ in range(4 * SIZE)))
    held = contextlib.AsyncExitStack()
    async with held:
        for _ in range(SIZE):
            connection = await held.enter_async_context(database.connection())
            await connection.execute(text("SELECT 1"))
        with pytest.raises(TimeoutError):
            await ONE.first(database)
    assert await ONE.first(database) == 1


@pytest.mark.parametrize("attempts", [1, SIZE, 5 * SIZE])
async def test_single_statements_alone_recover(
    own_servers: Stack, pool: Database, attempts: int
) -> None:
    """However often was tried meanwhile: no session has to help."""
    await asyncio.gather(*(ONE.first(pool) for _ in range(SIZE)))
    await asyncio.to_thread(own_servers.kill, "postgres")
    for _ in range(attempts):
        with pytest.raises(Exception) as raised:  # noqa: PT011
            await ONE.first(pool)
        assert is_unreachable(raised.value), raised.value
    await asyncio.to_thread(own_servers.start, "postgres")
    assert await asyncio.gather(*(ONE.first(pool) for _ in range(20))) == [1] * 20
    await is_sound(pool)


async def test_sessions_do_not_notice_a_restart(own_servers: Stack, pool: Database) -> None:
    await asyncio.gather(*(session_does(pool, "SELECT pg_sleep(0.05)") for _ in range(SIZE)))
    await asyncio.to_thread(own_servers.restart, "postgres")
    await asyncio.gather(*(session_does(pool) for _ in range(SIZE)))
    await is_sound(pool)


async def test_a_connection_in_use_while_others_died_is_replaced(
    own_servers: Stack, pool: Database
) -> None:
    """SQLAlchemy calls all connections stale that are older than a broken one."""
    async with pool.connection() as old:
        await old.execute(text("SELECT 1"))
        with pytest.raises(Exception) as raised:  # noqa: PT011
            await session_does(pool, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert is_unreachable(raised.value)
        for _ in range(3 * SIZE):
            await ONE.first(pool)
    for _ in range(3 * SIZE):
        await ONE.first(pool)
    await is_sound(pool)


async def test_a_storm_of_cancellations(pool: Database) -> None:
    chance = random.Random(5)

    async def one(number: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(chance.random() * 0.02):
                if number % 2:
                    await session_does(pool, "SELECT pg_sleep(0.005)")
                else:
                    await ONE.first(pool)

    for _ in range(10):
        await asyncio.gather(*(one(number) for number in range(30)))
    await is_sound(pool)


async def test_sessions_and_single_statements_take_turns(pool: Database) -> None:
    served: list[int] = []

    async def one(number: int) -> None:
        if number % 2:
            await session_does(pool)
        else:
            await ONE.first(pool)
        served.append(number)

    await asyncio.gather(*(one(number) for number in range(60)))
    # on average: a connection whose server waits for a processor is passed by many others
    statements, sessions = (
        mean(place for place, number in enumerate(served) if number % 2 == kind) for kind in (0, 1)
    )
    assert abs(sessions - statements) <= 2 * SIZE, served


async def test_what_waits_is_told_when_all_fails(own_servers: Stack, pool: Database) -> None:
    own_servers.freeze("postgres")
    try:
        async with asyncio.timeout(8):
            answers = await asyncio.gather(
                *(ONE.first(pool) for _ in range(4 * SIZE)), return_exceptions=True
            )
        assert all(isinstance(one, Exception) and is_unreachable(one) for one in answers)
    finally:
        own_servers.thaw("postgres")
    await is_sound(pool)
