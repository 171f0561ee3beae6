"""Devices: whose they are, how long they count, and what messages tell of them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_session, a_user
from core.tests.push.push_service import PushService
from taskbell.accounts import service as accounts
from taskbell.accounts import sessions
from taskbell.accounts.callers import Caller
from taskbell.accounts.models import AuthSession, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.notifications.models import Notification
from taskbell.push.models import PushSubscription
from taskbell.push.schemas import SubscriptionCreate
from taskbell.push.service import (
    MOST_FAILURES,
    devices,
    list_subscriptions,
    note_outcome,
    subscribe,
)


@pytest.fixture
def browsers() -> PushService:
    """Never started: only endpoints and keys are wanted of it."""
    service = PushService()
    service.server.server_close()
    return service


async def add(
    session: AsyncSession, user: User, device: Any, within: UUID | None = None
) -> PushSubscription:
    new = SubscriptionCreate.model_validate(device.subscription)
    made, _ = await subscribe(session, caller=Caller(user.id, within, user.role), new=new)
    return made


async def told(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(col(Notification.kind))))


async def failures_of(session: AsyncSession, device: PushSubscription) -> int | None:
    found = select(col(PushSubscription.failures)).where(col(PushSubscription.id) == device.id)
    return await session.scalar(found)


async def test_devices_without_a_session_of_ours_count(
    session: AsyncSession, browsers: PushService
) -> None:
    """Another sign-in service keeps their sessions."""
    user = await a_user(session)
    device = await add(session, user, browsers.device())
    assert [one.id for one in await devices(session, owner_id=user.id)] == [device.id]


async def test_only_devices_that_are_signed_in_count(
    session: AsyncSession, browsers: PushService
) -> None:
    user, past = await a_user(session), now() - timedelta(seconds=1)
    good = await a_session(session, user)
    over = await a_session(session, user)
    old = await a_session(session, user)
    kept, *_ = [
        await add(session, user, browsers.device(), within.id) for within in (good, over, old)
    ]
    over.ended_at, old.expires_at = past, past
    await session.flush()
    listed = await list_subscriptions(session, owner_id=user.id)
    assert [one.id for one in listed] == [kept.id]
    assert [one.id for one in await devices(session, owner_id=user.id)] == [kept.id]
    left = await session.scalars(select(col(PushSubscription.id)))
    assert list(left) == [kept.id], "the others are forgotten"


async def test_one_device_can_be_chosen(session: AsyncSession, browsers: PushService) -> None:
    user, other = await a_user(session), await a_user(session)
    mine = [await add(session, user, browsers.device()) for _ in range(2)]
    theirs = await add(session, other, browsers.device())
    chosen = await devices(session, owner_id=user.id, only=mine[1].id)
    assert [one.id for one in chosen] == [mine[1].id]
    assert await devices(session, owner_id=user.id, only=theirs.id) == []


async def test_a_device_goes_at_the_latest_when_its_session_is_pruned(
    session: AsyncSession, browsers: PushService
) -> None:
    user = await a_user(session)
    signed_in = await a_session(session, user)
    await add(session, user, browsers.device(), signed_in.id)
    long_ago = now() - sessions.PRUNE_AFTER - timedelta(days=1)
    signed_in.ended_at = long_ago
    await session.flush()
    await sessions.prune_sessions(session)
    assert await session.scalar(select(col(AuthSession.id))) is None
    assert await devices(session, owner_id=user.id) == []


async def test_all_devices_go_when_all_access_ends(
    session: AsyncSession, browsers: PushService
) -> None:
    user, other = await a_user(session), await a_user(session)
    await add(session, user, browsers.device())
    theirs = await add(session, other, browsers.device())
    await accounts.shut_out(session, user, reason="password_reset")
    assert list(await session.scalars(select(col(PushSubscription.id)))) == [theirs.id]


async def test_refusals_in_a_row_are_counted(session: AsyncSession, browsers: PushService) -> None:
    user = await a_user(session)
    device = await add(session, user, browsers.device())
    for _ in range(MOST_FAILURES - 1):
        await note_outcome(session, owner_id=user.id, refused=[device.id])
    assert await failures_of(session, device) == MOST_FAILURES - 1
    await note_outcome(session, owner_id=user.id, accepted=[device.id])
    assert await failures_of(session, device) == 0
    for _ in range(MOST_FAILURES):
        await note_outcome(session, owner_id=user.id, refused=[device.id])
    assert await failures_of(session, device) is None
    assert await told(session) == ["push_gone"]


async def test_the_owner_is_told_when_the_last_device_is_gone(
    session: AsyncSession, browsers: PushService
) -> None:
    user, other = await a_user(session), await a_user(session)
    await add(session, other, browsers.device())
    first, last = [await add(session, user, browsers.device()) for _ in range(2)]
    await note_outcome(session, owner_id=user.id, gone=[first.id])
    assert await told(session) == []
    await note_outcome(session, owner_id=user.id, gone=[last.id])
    assert await told(session) == ["push_gone"]
    await note_outcome(session, owner_id=user.id, gone=[last.id])
    assert await told(session) == ["push_gone"], "once"


async def test_nothing_is_noted_of_somebody_elses_device(
    session: AsyncSession, browsers: PushService
) -> None:
    user, other = await a_user(session), await a_user(session)
    theirs = await add(session, other, browsers.device())
    await note_outcome(session, owner_id=user.id, gone=[theirs.id, new_id()], refused=[theirs.id])
    assert await failures_of(session, theirs) == 0


async def test_two_users_in_one_browser_at_once(
    empty_database: Database, browsers: PushService
) -> None:
    device = browsers.device()
    async with empty_database.transaction() as session:
        users = [await a_user(session) for _ in range(4)]

    async def come(user: User) -> None:
        async with empty_database.transaction() as session:
            await add(session, user, device)

    await asyncio.gather(*(come(user) for user in users))
    async with empty_database.transaction() as session:
        (left,) = await session.scalars(select(PushSubscription))
        assert left.owner_id in {user.id for user in users}
