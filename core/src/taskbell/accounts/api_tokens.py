"""Personal API tokens: for scripts and other programs, each with its scopes."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import LargeBinary, String, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.callers import Caller, Permission
from taskbell.accounts.errors import (
    InvalidTokenError,
    ScopeNotAllowedError,
    TokenNotFoundError,
    TooManyTokensError,
)
from taskbell.accounts.live import USER, usable
from taskbell.accounts.models import ApiToken
from taskbell.accounts.service import get_user
from taskbell.clock import now
from taskbell.db import METADATA, Database
from taskbell.errors import InvalidError
from taskbell.mail.notices import notify
from taskbell.statements import Statement

PREFIX = "tb_"
SHOWN = len(PREFIX) + 6
"""Characters of a token that its owner knows it by later."""

MOST_TOKENS = 50
USE_NOTED_EVERY = timedelta(minutes=1)

log = structlog.get_logger(__name__)

_TOKEN = METADATA.tables[str(ApiToken.__tablename__)]


class ExpiryInPastError(InvalidError):
    code = "expiry_in_past"
    title = "This token would have expired already"


def hash_token(token: str) -> bytes:
    """Return what is stored of a token: it is random, a plain SHA-256 suffices."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class _Found(NamedTuple):
    id: UUID
    user_id: UUID
    role: str
    scopes: str
    last_used_at: datetime | None


_FIND = Statement(
    select(
        _TOKEN.c.id,
        _TOKEN.c.user_id,
        USER.c.role,
        func.array_to_string(_TOKEN.c.scopes, " ", type_=String()),
        _TOKEN.c.last_used_at,
    )
    .join(USER, USER.c.id == _TOKEN.c.user_id)
    .where(
        _TOKEN.c.token_hash == bindparam("token_hash", type_=LargeBinary()),
        or_(_TOKEN.c.expires_at.is_(None), _TOKEN.c.expires_at > func.now()),
        usable(),
    ),
    into=_Found,
)
_NOTE_USE = Statement(
    update(_TOKEN)
    .where(_TOKEN.c.id == bindparam("token_id"))
    .values(last_used_at=func.now())
    .returning(_TOKEN.c.id),
    into=lambda token_id: token_id,
)


async def caller_of(database: Database, token: str) -> Caller:
    """Return who a token acts for, and note its use at most once a minute.

    Raises `InvalidTokenError` for one that is unknown, revoked or expired, and for a disabled
    account.
    """
    found = await _FIND.first(database, token_hash=hash_token(token))
    if found is None:
        raise InvalidTokenError("The API token is not valid")
    if found.last_used_at is None or now() - found.last_used_at > USE_NOTED_EVERY:
        await _NOTE_USE.first(database, token_id=found.id)
    return Caller(found.user_id, None, found.role, frozenset(found.scopes.split()))


async def make_token(
    session: AsyncSession,
    *,
    caller: Caller,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which nobody can read again.

    Raises `ScopeNotAllowedError`, `ExpiryInPastError`, `TooManyTokensError`.
    """
    if Permission.ADMIN in scopes and caller.role != "admin":
        raise ScopeNotAllowedError
    if expires_at is not None and expires_at <= now():
        raise ExpiryInPastError(field="body.expires_at")
    user = await get_user(session, user_id=caller.user_id, for_update=True)
    # while we waited for the lock everything may have been revoked
    await live.check(session, session_id=caller.session_id)
    count = select(func.count()).select_from(ApiToken).where(col(ApiToken.user_id) == user.id)
    if (await session.scalar(count) or 0) >= MOST_TOKENS:
        raise TooManyTokensError
    secret = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        user_id=user.id,
        name=name,
        token_hash=hash_token(secret),
        prefix=secret[:SHOWN],
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    session.add(made)
    await session.flush()
    await notify(session, "api_token_made", user_id=user.id, email=user.email)
    log.info("token_made", user_id=str(user.id), id=str(made.id), scopes=made.scopes)
    return made, secret


async def list_tokens(session: AsyncSession, *, user_id: UUID) -> list[ApiToken]:
    """Return a user's tokens, also expired ones, the newest first."""
    mine = select(ApiToken).where(col(ApiToken.user_id) == user_id)
    return list(await session.scalars(mine.order_by(col(ApiToken.id).desc())))


async def revoke_token(session: AsyncSession, *, user_id: UUID, token_id: UUID) -> None:
    """Delete one of a user's tokens. Raises `TokenNotFoundError`."""
    found = await session.scalar(
        delete(ApiToken)
        .where(col(ApiToken.id) == token_id, col(ApiToken.user_id) == user_id)
        .returning(col(ApiToken.id))
    )
    if found is None:
        raise TokenNotFoundError
    log.info("token_revoked", user_id=str(user_id), id=str(token_id))
