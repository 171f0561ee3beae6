"""The one connection a migration runs on: waited for, with time limits, and alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from taskbell.db import is_unreachable, normalise_url
from taskbell_migrate.errors import LockedError, UnreachableError

LOCK_KEY = 0x7461736B62656C6C
"""The advisory lock of all migrations of a database: "taskbell" in ASCII."""

POLL_SECONDS = 0.5

log = structlog.get_logger("taskbell_migrate")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a migration may wait, in seconds."""

    connect: float = 60
    """for the database to answer"""
    turn: float = 600
    """for another migration to end"""
    lock: float = 5
    """for a table somebody uses: while it waits, everybody else queues behind it"""
    lock_attempts: int = 6
    """how often a revision is tried when a table stays in use"""
    statement: float = 600
    """for one statement"""


@asynccontextmanager
async def open_connection(
    url: str, limits: Limits, *, schema: str | None = None
) -> AsyncIterator[AsyncConnection]:
    """Connect, as soon as the database answers, with the time limits set."""
    settings = {
        "application_name": "taskbell-migrate",
        "lock_timeout": str(round(limits.lock * 1000)),
        "statement_timeout": str(round(limits.statement * 1000)),
    }
    if schema:
        settings["search_path"] = schema
    engine = create_async_engine(
        normalise_url(url),
        poolclass=NullPool,
        connect_args={"timeout": 5, "server_settings": settings},
    )
    try:
        connection = await _connect(engine, limits.connect)
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


@asynccontextmanager
async def alone(connection: AsyncConnection, limits: Limits) -> AsyncIterator[None]:
    """Hold the lock of all migrations of this database, so that two never run at once."""
    await _take_turn(connection, limits.turn)
    try:
        yield
    finally:
        with suppress(DBAPIError):  # a broken connection has already given the lock back
            await connection.rollback()
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            await connection.commit()


async def _connect(engine: AsyncEngine, patience: float) -> AsyncConnection:
    end = time.monotonic() + patience
    pause, waited = 0.2, False
    while True:
        try:
            return await engine.connect()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            where = _where(engine.url)
            if _is_protocol(error):
                raise UnreachableError(
                    f"{where} does not take the settings of a migration: {reason}. Is it a"
                    " connection pooler? Migrate needs the direct address of the database."
                ) from error
            if not is_unreachable(error):
                raise UnreachableError(f"the database at {where} refuses us: {reason}") from error
            if time.monotonic() + pause > end:
                raise UnreachableError(
                    f"the database at {where} does not answer since {patience:g} s: {reason}"
                ) from error
            if not waited:
                log.info("waiting for the database", at=where, reason=reason, seconds=patience)
                waited = True
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)


async def _take_turn(connection: AsyncConnection, patience: float) -> None:
    # asked again and again instead of waiting inside Postgres: a waiting statement holds a
    # snapshot, and CREATE INDEX CONCURRENTLY of the migration that runs would wait for it in turn
    end = time.monotonic() + patience
    waited = False
    while True:
        query = text("SELECT pg_try_advisory_lock(:key)")
        taken = await connection.scalar(query, {"key": LOCK_KEY})
        await connection.commit()
        if taken:
            return
        if time.monotonic() > end:
            raise LockedError(f"another migration of this database runs since {patience:g} s")
        if not waited:
            log.info("another migration runs, waiting for it to end", seconds=patience)
            waited = True
        await asyncio.sleep(POLL_SECONDS)


def _is_protocol(error: BaseException) -> bool:
    # 08P01: a connection pooler (pgbouncer) that does not pass our settings on. It would also break
    # the lock, which belongs to the session: migrate needs the direct address of the database.
    orig = getattr(error, "orig", error)
    return getattr(orig, "sqlstate", None) == "08P01"


def _where(url: URL) -> str:
    return f"{url.host or url.query.get('host', 'localhost')}:{url.port or 5432}/{url.database}"
