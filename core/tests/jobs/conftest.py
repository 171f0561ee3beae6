"""Jobs in a committed, empty database, and the connection whose statements commit one by one."""

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from taskbell.db import Database


@pytest_asyncio.fixture
async def connection(empty_database: Database) -> AsyncIterator[AsyncConnection]:
    async with empty_database.connection() as opened:
        yield opened
