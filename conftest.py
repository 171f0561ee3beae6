"""Fixtures of all tests below the end-to-end ones: real Postgres and real Redis, no mocks.

Each test process (xdist worker) starts its own servers when a test first asks for them, about two
seconds, so that a test that stops a server disturbs nobody.

    servers       the running servers (a taskbell_local Stack), schema at head
    database_url  as the services connect
    redis_url
    database      a Database over database_url
    session       a session in a transaction that is rolled back: for services, which never commit
    empty_database  as database, and every row is deleted before the test: for what must commit
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.db import Database
from taskbell.models import METADATA
from taskbell_local.stack import Stack


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    with Stack(services=("postgres", "redis", "migrate"), durable=False) as stack:
        yield stack


@pytest.fixture(scope="session")
def database_url(servers: Stack) -> str:
    return servers.database_url


@pytest.fixture(scope="session")
def redis_url(servers: Stack) -> str:
    return servers.redis_url


@pytest_asyncio.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, application_name="tests")
    yield made
    await made.close()


@pytest_asyncio.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as opened:
            yield opened
        await outer.rollback()


@pytest_asyncio.fixture
async def empty_database(database: Database) -> Database:
    async with database.transaction() as opened:
        for table in reversed(METADATA.sorted_tables):
            await opened.execute(table.delete())
    return database
