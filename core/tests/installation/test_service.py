"""Secrets that an installation makes for itself."""

import asyncio
import secrets

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.db import Database
from taskbell.installation.service import secret

NAME = "test_key"


def make() -> str:
    return secrets.token_hex(16)


async def test_a_secret_is_made_once(session: AsyncSession) -> None:
    first = await secret(session, NAME, make)
    assert await secret(session, NAME, make) == first
    assert await secret(session, "another", make) != first


async def test_all_processes_get_the_same_one(empty_database: Database) -> None:
    async def ask() -> str:
        async with empty_database.transaction() as session:
            return await secret(session, NAME, make)

    assert len(set(await asyncio.gather(*(ask() for _ in range(8))))) == 1


async def test_who_comes_second_waits_for_the_first(empty_database: Database) -> None:
    async def second() -> str:
        async with empty_database.transaction() as session:
            return await secret(session, NAME, make)

    async with empty_database.transaction() as session:
        mine = await secret(session, NAME, make)
        task = asyncio.create_task(second())
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        async with asyncio.timeout(10):
            while not await session.scalar(waiting):  # noqa: ASYNC110 (it is in Postgres)
                await asyncio.sleep(0.01)
        assert not task.done()
    assert await task == mine


async def test_one_that_was_rolled_back_is_forgotten(empty_database: Database) -> None:
    class Undone(Exception):  # noqa: N818
        pass

    lost = ""
    try:
        async with empty_database.transaction() as session:
            lost = await secret(session, NAME, make)
            raise Undone
    except Undone:
        pass
    async with empty_database.transaction() as session:
        assert await secret(session, NAME, make) != lost
