"""Sessions: refresh tokens rotate, a repeat is forgiven at once and punished later."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_user
from taskbell.accounts import sessions
from taskbell.accounts.errors import InvalidRefreshTokenError
from taskbell.accounts.models import AuthSession, RefreshToken, User
from taskbell.accounts.sessions import IDLE_TTL, PRUNE_AFTER, REUSE_GRACE, Device, SignedIn
from taskbell.accounts.tokens import TokenKeys, hash_refresh_token
from taskbell.clock import now
from taskbell.db import Database
from taskbell.settings import TokenSettings

KEYS = TokenKeys(
    TokenSettings(
        jwt_secret=SecretStr("a-secret-of-more-than-32-bytes-for-tests"),
        public_url="http://localhost:8080",
    )
)


async def start(session: AsyncSession, user: User | None = None) -> SignedIn:
    user = user or await a_user(session)
    signed_in = await sessions.start_session(
        session, KEYS, user=user, device=Device("tests" * 100, "192.0.2.1")
    )
    await session.flush()
    return signed_in


async def refresh(session: AsyncSession, token: str) -> SignedIn | None:
    signed_in = await sessions.refresh(session, KEYS, token=token)
    await session.flush()
    return signed_in


async def row(session: AsyncSession, signed_in: SignedIn) -> AuthSession:
    return (
        await session.scalars(
            select(AuthSession)
            .where(col(AuthSession.user_id) == signed_in.user.id)
            .execution_options(populate_existing=True)
        )
    ).one()


async def spend(session: AsyncSession, token: str, *, ago: timedelta) -> None:
    await session.execute(
        update(RefreshToken)
        .where(col(RefreshToken.token_hash) == hash_refresh_token(token))
        .values(spent_at=now() - ago)
    )


async def test_a_session_begins(session: AsyncSession) -> None:
    first = await start(session)
    begun = await row(session, first)
    assert KEYS.verify(first.access_token).session_id == begun.id
    assert len(begun.user_agent) == 200
    stored = (await session.scalars(select(col(RefreshToken.token_hash)))).all()
    assert stored == [hash_refresh_token(first.refresh_token)]


async def test_each_use_rotates(session: AsyncSession) -> None:
    signed_in = await start(session)
    seen = {signed_in.refresh_token}
    for _ in range(5):
        following = await refresh(session, signed_in.refresh_token)
        assert following is not None
        assert following.user.id == signed_in.user.id
        assert following.refresh_token not in seen
        seen.add(following.refresh_token)
        signed_in = following
    assert KEYS.verify(signed_in.access_token).session_id == (await row(session, signed_in)).id


async def test_a_session_in_use_lives_on(session: AsyncSession) -> None:
    first = await start(session)
    begun = await row(session, first)
    begun.expires_at = now() + timedelta(minutes=1)
    await session.flush()
    await refresh(session, first.refresh_token)
    assert (await row(session, first)).expires_at > now() + IDLE_TTL - timedelta(minutes=1)


async def test_a_lost_answer_is_given_again(session: AsyncSession) -> None:
    first = await start(session)
    answers = [await refresh(session, first.refresh_token) for _ in range(3)]
    assert len({answer.refresh_token for answer in answers if answer}) == 1
    successor = answers[0]
    assert successor is not None
    assert await refresh(session, successor.refresh_token)


async def test_a_spent_token_that_comes_late_ends_the_session(session: AsyncSession) -> None:
    first = await start(session)
    second = await refresh(session, first.refresh_token)
    assert second is not None
    await spend(session, first.refresh_token, ago=REUSE_GRACE + timedelta(seconds=1))
    session.expunge_all()
    assert await refresh(session, first.refresh_token) is None
    ended = await row(session, first)
    assert (ended.ended_reason, ended.ended_at is not None) == ("refresh_token_reused", True)
    for token in (first.refresh_token, second.refresh_token):
        with pytest.raises(InvalidRefreshTokenError):
            await refresh(session, token)


async def test_other_sessions_of_the_same_user_go_on(session: AsyncSession) -> None:
    first = await start(session)
    other = await start(session, first.user)
    await refresh(session, first.refresh_token)
    await spend(session, first.refresh_token, ago=timedelta(minutes=1))
    session.expunge_all()
    assert await refresh(session, first.refresh_token) is None
    assert await refresh(session, other.refresh_token)


async def test_twenty_refreshes_at_once_get_one_successor(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        first = await start(session)

    async def one() -> str:
        async with empty_database.transaction() as session:
            signed_in = await sessions.refresh(session, KEYS, token=first.refresh_token)
            assert signed_in is not None
            return signed_in.refresh_token

    answers = Counter(await asyncio.gather(*(one() for _ in range(20))))
    assert list(answers.values()) == [20]
    async with empty_database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(RefreshToken)) == 2
        assert (await row(session, first)).ended_at is None


@pytest.mark.parametrize("case", ["unknown", "odd", "expired", "inactive", "signed out"])
async def test_what_is_no_refresh_token(session: AsyncSession, case: str) -> None:
    first = await start(session)
    token = {"unknown": "x" * 43, "odd": "ü\ud800"}.get(case, first.refresh_token)
    if case == "expired":
        (await row(session, first)).expires_at = now() - timedelta(seconds=1)
    elif case == "inactive":
        first.user.is_active = False
    elif case == "signed out":
        await sessions.log_out(session, token=token)
    await session.flush()
    with pytest.raises(InvalidRefreshTokenError):
        await refresh(session, token)


async def test_sign_out_ends_the_session_once(session: AsyncSession) -> None:
    first = await start(session)
    second = await refresh(session, first.refresh_token)
    assert second is not None
    await sessions.log_out(session, token=second.refresh_token)
    ended = await row(session, first)
    assert ended.ended_reason == "signed_out"
    before = ended.ended_at
    await sessions.log_out(session, token=second.refresh_token)
    await sessions.log_out(session, token="nobody's")
    assert (await row(session, first)).ended_at == before


async def test_old_sessions_are_deleted_with_their_tokens(session: AsyncSession) -> None:
    long_ago = now() - PRUNE_AFTER - timedelta(minutes=1)
    kept, ended, expired = [await start(session) for _ in range(3)]
    (await row(session, ended)).ended_at = long_ago
    (await row(session, expired)).expires_at = long_ago
    await session.flush()
    await sessions.prune_sessions(session)
    left = (await session.scalars(select(col(AuthSession.user_id)))).all()
    assert left == [kept.user.id]
    assert await session.scalar(select(func.count()).select_from(RefreshToken)) == 1
