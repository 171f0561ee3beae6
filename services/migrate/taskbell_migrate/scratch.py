"""Schemas made for a moment, next to the real one, to look at what the revisions make."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskbell.models import METADATA
from taskbell_migrate.run import move
from taskbell_migrate.session import Limits, open_connection


@asynccontextmanager
async def scratch(url: str, limits: Limits) -> AsyncIterator[AsyncConnection]:
    """Give a connection to an empty schema of its own, dropped in the end."""
    # schemas, not databases: the owner of a database may make them without CREATEDB
    name = f"taskbell_scratch_{uuid4().hex}"
    async with open_connection(url, limits) as outer:
        await outer.execute(text(f"CREATE SCHEMA {name}"))
        await outer.commit()
        try:
            async with open_connection(url, limits, schema=name) as connection:
                yield connection
        finally:
            await outer.rollback()
            await outer.execute(text(f"DROP SCHEMA {name} CASCADE"))
            await outer.commit()


@asynccontextmanager
async def migrated(url: str, limits: Limits) -> AsyncIterator[AsyncConnection]:
    """Give a schema made by running every revision."""
    async with scratch(url, limits) as connection:
        await move(connection, lambda config: command.upgrade(config, "head"), limits)
        yield connection


@asynccontextmanager
async def modelled(url: str, limits: Limits) -> AsyncIterator[AsyncConnection]:
    """Give a schema made from the models as they are."""
    async with scratch(url, limits) as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.commit()
        yield connection
