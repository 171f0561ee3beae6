"""The database: one pool of connections a process, one transaction a request or a job.

Only the edge commits: `Database.transaction()` is opened by the API for a request and by the worker
for a step of a job. Services take its session and never commit. `Database.fetch()` is for what is
one statement in all: see statements.py.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from asyncpg import InterfaceError as DriverError
from asyncpg import InternalClientError, PostgresError
from sqlalchemy import DateTime, MetaData
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlmodel import SQLModel

from taskbell.pool import FairPool

CONNECT_SECONDS = 1.5
"""How long a caller waits for a connection: a 503 is due within 2 s when Postgres is gone."""

COMMAND_SECONDS = 30

METADATA: MetaData = SQLModel.metadata
METADATA.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Timestamp(DateTime):
    """`timestamptz`."""

    def __init__(self) -> None:
        super().__init__(timezone=True)


TO_RING = "jobs_to_ring"
"""Key in `session.info`: ids of the jobs whose doorbell rings after the commit."""

TO_TELL = "users_to_tell"
"""Key in `session.info`: ids of the users whose open pages are told after the commit."""

AfterCommit = Callable[[list[UUID]], Awaitable[None]]


def normalise_url(raw: str) -> URL:
    """Return `raw` (any `postgres://` or `postgresql://` form) for SQLAlchemy's asyncpg dialect.

    libpq's `sslmode` becomes asyncpg's `ssl`; `channel_binding`, which asyncpg does not know, goes.
    """
    url = make_url(raw).set(drivername="postgresql+asyncpg")
    query = dict(url.query)
    query.pop("channel_binding", None)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return url.set(query=query)


class Database:
    """An engine and its sessions.

    After a commit `after_commit` gets the ids of the jobs it made due, `after_change` those of the
    users it changed something for. Neither may raise.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str,
        pool_size: int = 10,
        after_commit: AfterCommit | None = None,
        after_change: AfterCommit | None = None,
        command_seconds: float = COMMAND_SECONDS,
        server_settings: Mapping[str, str] | None = None,
    ) -> None:
        self.engine: AsyncEngine = create_async_engine(
            normalise_url(url),
            poolclass=FairPool,
            pool_size=pool_size,
            pool_timeout=CONNECT_SECONDS,
            hide_parameters=True,  # errors are logged, what people wrote is not
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": command_seconds,
                "server_settings": {"application_name": application_name, "jit": "off"}
                | dict(server_settings or {}),
            },
        )
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._hooks = {TO_RING: after_commit, TO_TELL: after_change}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session; commit when the block ends well, roll back when it raises."""
        async with self._sessions() as session:
            async with session.begin():
                yield session
            info = session.info
        for key in self._hooks:
            await self.announce(key, info.pop(key, ()))

    async def announce(self, key: str, ids: Collection[UUID]) -> None:
        """Say what was committed, as after a `transaction`, for whoever used `fetch`."""
        hook = self._hooks[key]
        if ids and hook is not None:
            await hook(list(ids))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection on which every single statement is its own transaction."""
        async with self._autocommit.connect() as connection:
            yield connection

    async def fetch(self, sql: str, *values: Any) -> Sequence[Any]:
        """Run one statement straight on asyncpg, as a transaction of its own; return its records.

        Takes `$1` parameters and raises asyncpg's errors, or `TimeoutError` when no connection is
        free in time. A fraction of what the same costs through SQLAlchemy (docs/performance.md).
        """
        # the class the engine was made with; SQLAlchemy's types say Pool
        pool: FairPool = self.engine.sync_engine.pool  # type: ignore[assignment]
        borrowed = await pool.borrow()
        connection: Any = borrowed.driver_connection
        try:
            records: Sequence[Any] = await connection.fetch(sql, *values)
        except PostgresError:  # an answer: the connection is well
            borrowed.close()
            raise
        except BaseException as error:
            borrowed.invalidate(error)
            raise
        borrowed.close()
        return records

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _driver_error(error: BaseException) -> Any:
    """Return asyncpg's error, which SQLAlchemy may have wrapped."""
    return getattr(error.orig, "__cause__", None) if isinstance(error, DBAPIError) else error


def sqlstate(error: BaseException) -> str:
    """Return the server's code for an error, such as `23505`; empty where it said nothing."""
    return str(getattr(_driver_error(error), "sqlstate", None) or "")


def constraint_of(error: BaseException) -> str:
    """Return the name of the constraint that was violated, empty for none."""
    return str(getattr(_driver_error(error), "constraint_name", None) or "")


def is_unreachable(error: BaseException) -> bool:
    """Tell whether `error` means that Postgres cannot be reached or does not answer."""
    if isinstance(error, (InterfaceError, OSError)):
        return True
    if isinstance(error, InternalClientError):
        # a connection that was told of its end and has not seen it yet: it cannot be used
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate(error)
    if state:
        # 08 connection, 53 resources, 57P0x shut down, 25006 read only, 55P03/57014 time-outs
        return state.startswith(("08", "53", "57P0")) or state in {"25006", "55P03", "57014"}
    # what the driver itself raises, as it is or wrapped
    return isinstance(error, (OperationalError, DriverError))
