"""Sessions: refresh tokens rotate, a repeat is forgiven at once and punished later."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_session, a_user, some_id
from taskbell.accounts import live, sessions
from taskbell.accounts.errors import (
    InvalidRefreshTokenError,
    SessionEndedError,
    SessionNotFoundError,
)
from taskbell.accounts.models import AuthSession, RefreshToken, User
from taskbell.accounts.sessions import IDLE_TTL, PRUNE_AFTER, REUSE_GRACE, Device, SignedIn
from taskbell.accounts.tokens import TokenKeys, hash_refresh_token
from taskbell.clock import now
from taskbell.db import Database
from taskbell.settings import TokenSettings

DAY = timedelta(days=1)
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


# --- how long they go on --------------------------------------------------------------------------


async def age(session: AsyncSession, signed_in: SignedIn, time: timedelta) -> AuthSession:
    """Let time pass for a session."""
    mine = await row(session, signed_in)
    for name in ("created_at", "last_used_at", "expires_at"):
        setattr(mine, name, getattr(mine, name) - time)
    await session.flush()
    return mine


async def test_an_idle_session_ends(session: AsyncSession) -> None:
    signed_in = await start(session)
    await age(session, signed_in, timedelta(days=30) - timedelta(minutes=1))
    following = await refresh(session, signed_in.refresh_token)
    assert following is not None, "29 days are not 30"
    await age(session, signed_in, timedelta(days=30, minutes=1))
    for token in (signed_in.refresh_token, following.refresh_token):
        with pytest.raises(InvalidRefreshTokenError):
            await refresh(session, token)
    with pytest.raises(SessionEndedError):
        await live.standing_of(session, session_id=(await row(session, signed_in)).id)


async def test_no_session_outlives_half_a_year(session: AsyncSession) -> None:
    """However busy it is; near its end it is not prolonged as far as others."""
    signed_in = await start(session)
    begun = now()
    for _ in range(8):
        await age(session, signed_in, timedelta(days=22))
        following = await refresh(session, signed_in.refresh_token)
        assert following is not None
        signed_in = following
    mine = await row(session, signed_in)
    left = mine.expires_at - begun
    assert mine.expires_at == mine.created_at + timedelta(days=180)
    assert timedelta(days=3, hours=23) < left <= timedelta(days=4, minutes=1)
    await age(session, signed_in, timedelta(days=4, minutes=1))
    with pytest.raises(InvalidRefreshTokenError):
        await refresh(session, signed_in.refresh_token)


async def test_a_session_too_many_ends_the_oldest(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was not used for longest, whenever it began; others' do not count."""
    assert sessions.MOST_SESSIONS == 100
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    user, other = await a_user(session), await a_user(session)
    moment = now()
    busy, idle, newer = [
        await a_session(
            session, user, created_at=moment - DAY * old, last_used_at=moment - DAY * unused
        )
        for old, unused in ((9, 1), (8, 7), (2, 2))
    ]
    ended = await a_session(session, user, ended_at=moment, last_used_at=moment)
    others = await a_session(session, other, last_used_at=moment - DAY * 9)
    signed_in = await start(session, user)
    newest = KEYS.verify(signed_in.access_token).session_id
    for mine in (busy, idle, newer, ended, others):
        await session.refresh(mine)
    assert (idle.ended_reason, idle.ended_at is not None) == ("too_many", True)
    assert ended.ended_reason is None
    assert others.ended_at is None
    left = await sessions.list_sessions(session, user_id=user.id)
    assert [one.id for one in left] == [newest, busy.id, newer.id]


# --- what their owner sees and ends ---------------------------------------------------------------


async def test_the_last_used_comes_first(session: AsyncSession) -> None:
    user = await a_user(session)
    moment = now()
    used = [1, 3, 2, 2]
    made = [
        await a_session(session, user, last_used_at=moment - DAY * days, created_at=moment)
        for days in used
    ]
    await a_session(session, user, ended_at=moment)
    await a_session(session, user, expires_at=moment)
    await a_session(session, await a_user(session))
    listed = await sessions.list_sessions(session, user_id=user.id)
    # of equals, the one that began later
    assert [one.id for one in listed] == [made[n].id for n in (0, 3, 2, 1)]


async def test_a_refresh_notes_use_and_address(session: AsyncSession) -> None:
    signed_in = await start(session)
    before = (await age(session, signed_in, DAY)).last_used_at
    await sessions.refresh(
        session, KEYS, token=signed_in.refresh_token, address="2001:db8::7" + "x" * 100
    )
    mine = await row(session, signed_in)
    assert mine.last_used_at > before + DAY - timedelta(minutes=1)
    assert (mine.address[:11], len(mine.address)) == ("2001:db8::7", 64)


async def test_one_ends_a_session_of_ones_own(session: AsyncSession) -> None:
    user = await a_user(session)
    mine, other = await a_session(session, user), await a_session(session, user)
    await sessions.end_session(session, user_id=user.id, session_id=mine.id)
    for one in (mine, other):
        await session.refresh(one)
    assert (mine.ended_reason, other.ended_at) == ("revoked", None)
    with pytest.raises(SessionNotFoundError):
        await sessions.end_session(session, user_id=user.id, session_id=mine.id)


@pytest.mark.parametrize("case", ["another user's", "unknown", "ended", "expired"])
async def test_no_other_session_can_be_ended(session: AsyncSession, case: str) -> None:
    ada, bob = await a_user(session), await a_user(session)
    moment = now()
    target = await a_session(
        session,
        bob if case == "another user's" else ada,
        ended_at=moment if case == "ended" else None,
        expires_at=moment if case == "expired" else moment + DAY,
    )
    session_id = some_id() if case == "unknown" else target.id
    with pytest.raises(SessionNotFoundError):
        await sessions.end_session(session, user_id=ada.id, session_id=session_id)
    await session.refresh(target)
    assert (target.ended_reason, target.ended_at) == (None, moment if case == "ended" else None)


@pytest.mark.parametrize("keep", [True, False])
async def test_all_sessions_end_but_one(session: AsyncSession, keep: bool) -> None:
    ada, bob = await a_user(session), await a_user(session)
    mine = [await a_session(session, ada) for _ in range(3)]
    others = await a_session(session, bob)
    before = await a_session(session, ada, ended_at=now(), ended_reason="signed_out")
    but = mine[1].id if keep else None
    count = await sessions.end_all(session, user_id=ada.id, reason="revoked", but=but)
    assert count == (2 if keep else 3)
    for one in (*mine, others, before):
        await session.refresh(one)
    assert [one.ended_reason for one in mine] == ["revoked", None if keep else "revoked", "revoked"]
    assert (others.ended_at, before.ended_reason) == (None, "signed_out")


async def test_all_but_somebody_elses_is_all(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    await a_session(session, ada)
    others = await a_session(session, bob)
    assert await sessions.end_all(session, user_id=ada.id, reason="revoked", but=others.id) == 1
    assert await sessions.list_sessions(session, user_id=ada.id) == []


async def test_a_proof_is_noted_for_its_session_only(session: AsyncSession) -> None:
    user = await a_user(session)
    mine, other = await a_session(session, user), await a_session(session, user)
    await sessions.note_proof(session, session_id=mine.id)
    for one in (mine, other):
        await session.refresh(one)
    assert mine.proven_at is not None
    assert abs(now() - mine.proven_at) < timedelta(minutes=1)
    assert other.proven_at is None


async def test_a_refresh_proves_nothing(session: AsyncSession) -> None:
    signed_in = await start(session)
    mine = await age(session, signed_in, DAY)
    await refresh(session, signed_in.refresh_token)
    assert (await live.standing_of(session, session_id=mine.id)).proven_at == mine.created_at


async def test_tokens_spent_long_ago_are_deleted(session: AsyncSession) -> None:
    """Of a session that goes on; a thief of one has had their month to be noticed."""
    signed_in = await start(session)
    second = await refresh(session, signed_in.refresh_token)
    assert second is not None
    third = await refresh(session, second.refresh_token)
    assert third is not None
    await spend(session, signed_in.refresh_token, ago=PRUNE_AFTER + timedelta(minutes=1))
    await spend(session, second.refresh_token, ago=PRUNE_AFTER - timedelta(minutes=1))
    session.expunge_all()
    await sessions.prune_sessions(session)
    left = set(await session.scalars(select(col(RefreshToken.token_hash))))
    assert left == {hash_refresh_token(one.refresh_token) for one in (second, third)}
    assert (await row(session, signed_in)).ended_at is None
    with pytest.raises(InvalidRefreshTokenError):
        await refresh(session, signed_in.refresh_token)


async def test_when_users_were_last_seen(session: AsyncSession) -> None:
    ada, bob, eve = [await a_user(session) for _ in range(3)]
    latest = now() - DAY
    await a_session(session, ada, last_used_at=latest, ended_at=now())
    await a_session(session, ada, last_used_at=latest - DAY)
    await a_session(session, eve)
    seen = await sessions.last_seen(session, user_ids=[ada.id, bob.id])
    assert seen == {ada.id: latest}
    assert await sessions.last_seen(session, user_ids=[]) == {}
