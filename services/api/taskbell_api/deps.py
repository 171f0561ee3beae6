"""What endpoints depend on: the process's services, a transaction, the caller."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts.tokens import Caller, TokenKeys
from taskbell.db import Database
from taskbell.errors import UnauthorizedError
from taskbell.jobs import doorbell
from taskbell_api.settings import ApiSettings

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

    @classmethod
    def of(cls, settings: ApiSettings) -> "Services":
        """Make the services that `settings` describe."""
        redis = doorbell.connect(
            settings.redis_url.get_secret_value(), socket_timeout=REDIS_SECONDS
        )
        database = Database(
            settings.database_url.get_secret_value(),
            application_name="taskbell-api",
            pool_size=settings.database_pool_size,
            after_commit=doorbell.Doorbell(redis).ring,
            command_seconds=COMMAND_SECONDS,
        )
        return cls(settings, database, redis, TokenKeys(settings))

    async def close(self) -> None:
        """Close all connections."""
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


async def session(found: ServicesDep) -> AsyncIterator[AsyncSession]:
    """Open the request's transaction; no connection is taken before its first statement."""
    async with found.database.transaction() as opened:
        yield opened


# scope="function": it commits before the answer leaves, so that a failed commit is a failed request
SessionDep = Annotated[AsyncSession, Depends(session, scope="function")]

_bearer = OAuth2PasswordBearer(
    tokenUrl=f"{BASE}/auth/login",
    scheme_name="bearer",
    description="E-mail address (as `username`) and password; or paste an access token.",
    auto_error=False,
)


async def caller(request: Request, token: Annotated[str | None, Depends(_bearer)]) -> Caller:
    """Return who makes the request, as their access token says; asks no database.

    Raises `UnauthorizedError`.
    """
    if token is None:
        raise UnauthorizedError("Send an access token: Authorization: Bearer …")
    found: Services = request.app.state.services
    who = found.keys.verify(token)
    structlog.contextvars.bind_contextvars(user_id=str(who.user_id))
    return who


CallerDep = Annotated[Caller, Depends(caller)]
