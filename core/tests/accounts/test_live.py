"""What was revoked stops at the next question, and a role is the one of now."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_session, a_user, some_id
from taskbell.accounts import live
from taskbell.accounts.errors import SessionEndedError
from taskbell.accounts.models import AuthSession, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.statements import Statement

SECOND = timedelta(seconds=1)
_LIVES: Select[Any] = select(bindparam("row", 1)).where(live.lives())
LIVES = Statement(_LIVES, into=int)


async def lives(executor: Database | AsyncSession, **values: Any) -> bool:
    return await LIVES.first(executor, **values) is not None


async def test_a_session_goes_on(session: AsyncSession) -> None:
    user = await a_user(session)
    mine = await a_session(session, user)
    assert await lives(session, session_id=mine.id)
    assert await live.standing_of(session, session_id=mine.id) == ("user", mine.created_at)
    await live.check(session, session_id=mine.id)


ENDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what happened to the session, and to its user
    "ended": ({"ended_at": now(), "ended_reason": "revoked"}, {}),
    "expired": ({"expires_at": now() - SECOND}, {}),
    "disabled": ({}, {"is_active": False}),
    "deleted": ({}, {"deletion_at": now() + timedelta(days=7)}),
    "both": ({}, {"is_active": False, "deletion_at": now()}),
}


@pytest.mark.parametrize("case", ENDS)
async def test_a_session_ends(session: AsyncSession, case: str) -> None:
    of_session, of_user = ENDS[case]
    user = await a_user(session, **of_user)
    mine = await a_session(session, user, **of_session)
    await _is_over(session, mine)


async def test_an_unknown_session_is_over(session: AsyncSession) -> None:
    await a_session(session, await a_user(session))
    await _is_over(session, AuthSession(id=some_id(), user_id=some_id(), expires_at=now()))


async def _is_over(session: AsyncSession, mine: AuthSession) -> None:
    assert not await lives(session, session_id=mine.id)
    with pytest.raises(SessionEndedError) as refused:
        await live.standing_of(session, session_id=mine.id)
    assert refused.value.code == "invalid_token"
    with pytest.raises(SessionEndedError):
        await live.check(session, session_id=mine.id)


async def test_the_end_of_one_is_not_the_end_of_others(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    await a_session(session, ada, ended_at=now())
    second, others = await a_session(session, ada), await a_session(session, bob)
    ada.is_active = True
    await session.flush()
    for one in (second, others):
        assert await lives(session, session_id=one.id)


async def test_no_session_is_no_obstacle(session: AsyncSession) -> None:
    """API tokens and tokens of other services were looked up already."""
    assert await lives(session, session_id=None)
    await live.check(session, session_id=None)


async def test_the_role_is_that_of_now(session: AsyncSession) -> None:
    user = await a_user(session)
    mine = await a_session(session, user)
    for role in ("admin", "user"):
        user.role = role
        await session.flush()
        assert (await live.standing_of(session, session_id=mine.id)).role == role


async def test_the_last_proof_counts(session: AsyncSession) -> None:
    begun, proven = now() - timedelta(days=2), now() - timedelta(minutes=5)
    mine = await a_session(session, await a_user(session), created_at=begun)
    assert (await live.standing_of(session, session_id=mine.id)).proven_at == begun
    mine.proven_at = proven
    await session.flush()
    assert (await live.standing_of(session, session_id=mine.id)).proven_at == proven


async def test_both_ways_to_postgres_say_the_same(empty_database: Database) -> None:
    """A statement of its own runs on the driver, one in a transaction through SQLAlchemy."""
    async with empty_database.transaction() as session:
        user = await a_user(session, role="admin")
        mine = await a_session(session, user)
        inside = await live.standing_of(session, session_id=mine.id)
    assert await live.standing_of(empty_database, session_id=mine.id) == inside
    assert await lives(empty_database, session_id=mine.id)
    assert await lives(empty_database, session_id=None)
    async with empty_database.transaction() as session:
        (await session.get_one(User, user.id)).is_active = False
    assert not await lives(empty_database, session_id=mine.id)
    with pytest.raises(SessionEndedError):
        await live.check(empty_database, session_id=mine.id)
