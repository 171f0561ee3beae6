"""Personal API tokens: who they act for, with what, and until when."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_user, an_api_token, some_id
from taskbell.accounts import api_tokens
from taskbell.accounts.api_tokens import MOST_TOKENS, PREFIX, SHOWN, USE_NOTED_EVERY
from taskbell.accounts.api_tokens import ExpiryInPastError as InPast
from taskbell.accounts.callers import Caller, Permission
from taskbell.accounts.errors import (
    InsufficientScopeError,
    InvalidTokenError,
    NotPermittedError,
    ScopeNotAllowedError,
    SessionRequiredError,
    TokenNotFoundError,
    TooManyTokensError,
    UserNotFoundError,
)
from taskbell.accounts.models import ApiToken, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job

SECOND = timedelta(seconds=1)


async def made(database: Database, *, user: dict[str, Any] | None = None, **more: Any) -> str:
    """Commit a user with a token; return its secret."""
    async with database.transaction() as session:
        owner = await a_user(session, **user or {})
        return (await an_api_token(session, owner, **more))[1]


async def change(database: Database, table: type[Any], **values: Any) -> None:
    async with database.transaction() as session:
        await session.execute(update(table).values(**values))


async def used(database: Database) -> datetime | None:
    async with database.transaction() as session:
        return (await session.scalars(select(col(ApiToken.last_used_at)))).one()


# --- making -------------------------------------------------------------------------------


async def test_a_token_is_random_shown_once_and_kept_as_a_hash(session: AsyncSession) -> None:
    user = await a_user(session)
    wanted = ["tasks:write", "tasks:read", "tasks:write"]
    token, secret = await an_api_token(session, user, name="backup", scopes=wanted)
    other = (await an_api_token(session, user))[1]
    assert secret != other
    assert secret.startswith(PREFIX)
    assert len(secret) == len(PREFIX) + 43  # 256 bits in base64
    assert token.token_hash == hashlib.sha256(secret.encode()).digest()
    assert token.prefix == secret[:SHOWN]
    assert token.scopes == ["tasks:read", "tasks:write"]
    assert secret[SHOWN:] not in repr(token.model_dump())
    mails = (await session.scalars(select(Job))).all()
    assert [job.payload["notice"] for job in mails] == ["api_token_made"] * 2
    assert not any(secret[SHOWN:] in str(job.payload) for job in mails)


async def test_only_administrators_make_tokens_for_administrators(session: AsyncSession) -> None:
    with pytest.raises(ScopeNotAllowedError):
        await an_api_token(session, await a_user(session), scopes=["tasks:read", "admin"])
    token, _ = await an_api_token(session, await a_user(session, role="admin"), scopes=["admin"])
    assert token.scopes == ["admin"]
    assert await session.scalar(select(func.count()).select_from(ApiToken)) == 1


async def test_a_token_cannot_end_before_it_begins(session: AsyncSession) -> None:
    user = await a_user(session)
    with pytest.raises(InPast) as refused:
        await an_api_token(session, user, expires_at=now() - SECOND)
    assert refused.value.errors[0]["field"] == "body.expires_at"
    token, _ = await an_api_token(session, user, expires_at=now() + SECOND * 30)
    assert token.expires_at is not None


async def test_there_are_at_most_so_many(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    tokens = [(await an_api_token(session, ada))[0] for _ in range(MOST_TOKENS)]
    with pytest.raises(TooManyTokensError) as refused:
        await an_api_token(session, ada)
    assert str(MOST_TOKENS) in refused.value.title
    await an_api_token(session, bob)
    await api_tokens.revoke_token(session, user_id=ada.id, token_id=tokens[7].id)
    await an_api_token(session, ada)


@pytest.mark.parametrize(
    "user", [{"is_active": False}, {"deletion_at": now()}], ids=["disabled", "deleted"]
)
async def test_who_may_do_nothing_makes_none(session: AsyncSession, user: dict[str, Any]) -> None:
    with pytest.raises(UserNotFoundError):
        await an_api_token(session, await a_user(session, **user))


async def test_one_sees_ones_own_the_newest_first(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    names = ["first", "second", "third"]
    for name in names:
        await an_api_token(session, ada, name=name)
    await an_api_token(session, bob)
    first = (await api_tokens.list_tokens(session, user_id=ada.id))[-1]
    first.expires_at = now() - SECOND
    await session.flush()
    listed = await api_tokens.list_tokens(session, user_id=ada.id)
    assert [token.name for token in listed] == names[::-1], "also what has expired"


# --- using --------------------------------------------------------------------------------------


async def test_a_token_acts_for_its_owner_within_its_scopes(empty_database: Database) -> None:
    secret = await made(empty_database, scopes=["tasks:read", "account:read"])
    caller = await api_tokens.caller_of(empty_database, secret)
    async with empty_database.transaction() as session:
        user = (await session.scalars(select(User))).one()
    assert caller == Caller(user.id, None, "user", frozenset({"tasks:read", "account:read"}))
    caller.require(Permission.TASKS_READ)
    for refused, permission in (
        (InsufficientScopeError, Permission.TASKS_WRITE),
        (InsufficientScopeError, Permission.ADMIN),
        (SessionRequiredError, Permission.SECURITY),
    ):
        with pytest.raises(refused):
            caller.require(permission)


async def test_an_administrators_token_is_worth_what_its_owner_is_now(
    empty_database: Database,
) -> None:
    secret = await made(empty_database, user={"role": "admin"}, scopes=["admin"])
    (await api_tokens.caller_of(empty_database, secret)).require(Permission.ADMIN)
    await change(empty_database, User, role="user")
    caller = await api_tokens.caller_of(empty_database, secret)
    with pytest.raises(NotPermittedError):
        caller.require(Permission.ADMIN)


@pytest.mark.parametrize("case", ["disabled", "leaving", "expired", "revoked"])
async def test_a_token_ends(empty_database: Database, case: str) -> None:
    secret = await made(empty_database)
    await api_tokens.caller_of(empty_database, secret)
    if case == "disabled":
        await change(empty_database, User, is_active=False)
    elif case == "leaving":
        await change(empty_database, User, deletion_at=now() + timedelta(days=7))
    elif case == "expired":
        await change(empty_database, ApiToken, expires_at=now() - SECOND)
    else:
        async with empty_database.transaction() as session:
            token = (await session.scalars(select(ApiToken))).one()
            await api_tokens.revoke_token(session, user_id=token.user_id, token_id=token.id)
    with pytest.raises(InvalidTokenError) as refused:
        await api_tokens.caller_of(empty_database, secret)
    assert refused.value.code == "invalid_token"


async def test_enabling_an_account_lets_its_tokens_work_again(empty_database: Database) -> None:
    secret = await made(empty_database, expires_at=now() + timedelta(days=1))
    await change(empty_database, User, is_active=False)
    with pytest.raises(InvalidTokenError):
        await api_tokens.caller_of(empty_database, secret)
    await change(empty_database, User, is_active=True)
    assert (await api_tokens.caller_of(empty_database, secret)).role == "user"


@pytest.mark.parametrize(
    "wrong", ["", PREFIX, "{}x", "x{}", "{0[0]}", "ü\ud800", "{0}\x00"], ids=ascii
)
async def test_what_is_no_token(empty_database: Database, wrong: str) -> None:
    secret = await made(empty_database)
    with pytest.raises(InvalidTokenError) as refused:
        await api_tokens.caller_of(empty_database, wrong.format(secret))
    assert secret not in str(refused.value)
    assert await used(empty_database) is None


async def test_its_use_is_noted_at_most_once_a_minute(empty_database: Database) -> None:
    secret = await made(empty_database)
    assert await used(empty_database) is None
    await api_tokens.caller_of(empty_database, secret)
    first = await used(empty_database)
    assert first is not None
    assert abs(now() - first) < timedelta(minutes=1)
    await api_tokens.caller_of(empty_database, secret)
    assert await used(empty_database) == first
    earlier = first - USE_NOTED_EVERY - SECOND * 5
    await change(empty_database, ApiToken, last_used_at=earlier)
    await api_tokens.caller_of(empty_database, secret)
    again = await used(empty_database)
    assert again is not None
    assert again >= first


# --- revoking -----------------------------------------------------------------------------------


async def test_only_ones_own_tokens_can_be_revoked(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    mine, _ = await an_api_token(session, ada)
    for user, token_id in ((bob, mine.id), (ada, some_id())):
        with pytest.raises(TokenNotFoundError):
            await api_tokens.revoke_token(session, user_id=user.id, token_id=token_id)
    await api_tokens.revoke_token(session, user_id=ada.id, token_id=mine.id)
    assert await api_tokens.list_tokens(session, user_id=ada.id) == []
    with pytest.raises(TokenNotFoundError):
        await api_tokens.revoke_token(session, user_id=ada.id, token_id=mine.id)
