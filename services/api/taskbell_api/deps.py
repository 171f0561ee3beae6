"""What endpoints depend on: the process's services, and a transaction. Callers: access.py."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts.tokens import TokenKeys
from taskbell.db import Database
from taskbell.events.bell import Bell
from taskbell.jobs import doorbell
from taskbell.outbound.client import Outbound
from taskbell_api.better_auth import BetterAuth
from taskbell_api.live.hub import Hub
from taskbell_api.metrics import Metrics
from taskbell_api.settings import ApiSettings
from taskbell_api.sign_in_queue import SignInQueue
from taskbell_api.throttling.throttle import Throttle

if TYPE_CHECKING:
    from redis.asyncio import Redis

BASE = "/api/v1"
REDIS_SECONDS = 1.0
COMMAND_SECONDS = 5.0
"""A statement of a request that takes longer is given up: a frozen Postgres must not hold all."""


@dataclass(frozen=True)
class Services:
    """What lives as long as the process. Nothing connects before its first use."""

    settings: ApiSettings
    database: Database
    redis: "Redis"
    keys: TokenKeys
    better_auth: BetterAuth | None
    throttle: Throttle
    sign_ins: SignInQueue
    outbound: Outbound
    bell: Bell
    hub: Hub
    metrics: Metrics = field(default_factory=Metrics)

    @classmethod
    def of(cls, settings: ApiSettings) -> "Services":
        """Make the services that `settings` describe."""
        redis = doorbell.connect(
            settings.redis_url.get_secret_value(), socket_timeout=REDIS_SECONDS
        )
        bell = Bell(redis)
        database = Database(
            settings.database_url.get_secret_value(),
            application_name="taskbell-api",
            pool_size=settings.database_pool_size,
            after_commit=doorbell.Doorbell(redis).ring,
            after_change=bell.tell,
            command_seconds=COMMAND_SECONDS,
        )
        return cls(
            settings,
            database,
            redis,
            TokenKeys(settings),
            BetterAuth.of(settings),
            Throttle(settings, redis),
            SignInQueue(),
            Outbound.of(settings),
            bell,
            Hub(database, bell, settings.redis_url.get_secret_value()),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.hub.close()
        await self.bell.close()
        if self.better_auth is not None:
            await self.better_auth.close()
        await self.database.close()
        await self.redis.aclose(close_connection_pool=True)


async def services(request: Request) -> Services:
    """Return the services of this process."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services)]


async def database(request: Request) -> Database:
    """Return the database, for operations that are a transaction of their own."""
    found: Services = request.app.state.services
    return found.database


DatabaseDep = Annotated[Database, Depends(database)]


def join_transaction(request: Request, opened: AsyncSession) -> None:
    """Make a transaction that is open already the one of a request; who opened it commits."""
    request.state.transaction = opened


async def transaction_of(request: Request) -> AsyncSession | None:
    """Return the transaction that a request has joined, None where it is to open its own."""
    found: AsyncSession | None = getattr(request.state, "transaction", None)
    return found


TransactionDep = Annotated[AsyncSession | None, Depends(transaction_of)]
"""For operations that would be a transaction of their own, but for an `Idempotency-Key`."""


async def session(found: ServicesDep, joined: TransactionDep) -> AsyncIterator[AsyncSession]:
    """Open the request's transaction; no connection is taken before its first statement."""
    if joined is not None:
        yield joined
        return
    async with found.database.transaction() as opened:
        yield opened


# scope="function": it commits before the answer leaves, so that a failed commit is a failed request
SessionDep = Annotated[AsyncSession, Depends(session, scope="function")]
