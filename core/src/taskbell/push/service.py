"""Devices: browsers that subscribed to push messages.

A subscription belongs to the session it was made in. A device that is signed out gets nothing: what
is due is private, and its screen may be somebody else's by now.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.callers import Caller
from taskbell.accounts.changes import follows_shutting_out
from taskbell.accounts.models import AuthSession
from taskbell.accounts.service import get_user
from taskbell.clock import now
from taskbell.notifications.models import Notification
from taskbell.outbound.urls import parse
from taskbell.push.errors import SubscriptionNotFoundError, TooManySubscriptionsError
from taskbell.push.models import PushSubscription
from taskbell.push.schemas import SubscriptionCreate

MOST_SUBSCRIPTIONS = 20
"""Of one user."""

MOST_FAILURES = 5
"""Messages that a device's push service refuses in a row before the device is removed."""

GONE = "Push messages reach none of your devices"
GONE_MORE = (
    "The last device takes them no longer: its browser was reset, or lost its permission. "
    "Reminders go out by e-mail instead. Turn push messages on again in the settings, on each "
    "device."
)

log = structlog.get_logger(__name__)


def host_of(endpoint: str) -> str:
    """Return what may be told of an endpoint: the rest of it is a secret."""
    return parse(endpoint).host


def _signed_in() -> ColumnElement[bool]:
    """Return the condition that a device's session goes on, or that it never had one of ours."""
    goes_on = exists().where(
        col(AuthSession.id) == col(PushSubscription.session_id),
        col(AuthSession.ended_at).is_(None),
        col(AuthSession.expires_at) > func.now(),
    )
    return or_(col(PushSubscription.session_id).is_(None), goes_on)


async def subscribe(
    session: AsyncSession, *, caller: Caller, new: SubscriptionCreate
) -> tuple[PushSubscription, bool]:
    """Add a device, or renew what is known of it; return it, and whether it is new.

    An endpoint is one browser's: if it was another user's, who is no longer signed in there, it
    stops being theirs. Raises `TooManySubscriptionsError`.
    """
    # devices are counted in turn
    user = await get_user(session, user_id=caller.user_id, for_update=True)
    # while we waited for the lock everything may have been revoked
    await live.check(session, session_id=caller.session_id)
    wanted: dict[str, Any] = {
        "owner_id": user.id,
        "endpoint": new.endpoint,
        "p256dh": new.keys.p256dh,
        "auth": new.keys.auth,
        "name": new.name,
        "session_id": caller.session_id,
        "failures": 0,
    }
    mine = col(PushSubscription.owner_id) == user.id
    same = col(PushSubscription.endpoint) == new.endpoint
    # gone rather than given on: its id, and when it was used last, are its former owner's
    stale = or_(and_(same, ~mine), and_(mine, ~same, ~_signed_in()))
    await session.execute(delete(PushSubscription).where(stale))
    known = await session.scalars(select(col(PushSubscription.endpoint)).where(mine))
    endpoints = set(known)
    is_new = new.endpoint not in endpoints
    if is_new and len(endpoints) >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptionsError
    kept = await session.scalars(
        insert(PushSubscription)
        .values(PushSubscription(**wanted).model_dump())
        .on_conflict_do_update(index_elements=["endpoint"], set_=wanted)
        .returning(PushSubscription),
        execution_options={"populate_existing": True},
    )
    device = kept.one()
    if is_new:
        log.info("push_subscribed", user_id=str(user.id), id=str(device.id))
    return device, is_new


async def list_subscriptions(session: AsyncSession, *, owner_id: UUID) -> list[PushSubscription]:
    """Return a user's devices that are signed in, the newest first."""
    found = await session.scalars(
        select(PushSubscription)
        .where(col(PushSubscription.owner_id) == owner_id, _signed_in())
        .order_by(col(PushSubscription.id).desc())
    )
    return list(found)


async def unsubscribe(session: AsyncSession, *, owner_id: UUID, subscription_id: UUID) -> None:
    """Remove one of a user's devices. Raises `SubscriptionNotFoundError`."""
    found = await session.scalar(
        delete(PushSubscription)
        .where(
            col(PushSubscription.id) == subscription_id, col(PushSubscription.owner_id) == owner_id
        )
        .returning(col(PushSubscription.id))
    )
    if found is None:
        raise SubscriptionNotFoundError
    log.info("push_unsubscribed", user_id=str(owner_id), id=str(subscription_id))


async def devices(
    session: AsyncSession, *, owner_id: UUID, only: UUID | None = None
) -> Sequence[PushSubscription]:
    """Return the devices to send to (`only` one of them); forget those that are signed out."""
    mine = col(PushSubscription.owner_id) == owner_id
    await session.execute(delete(PushSubscription).where(mine, ~_signed_in()))
    wanted = select(PushSubscription).where(mine).order_by(col(PushSubscription.id))
    if only is not None:
        wanted = wanted.where(col(PushSubscription.id) == only)
    return (await session.scalars(wanted)).all()


async def note_outcome(
    session: AsyncSession,
    *,
    owner_id: UUID,
    accepted: Collection[UUID] = (),
    gone: Collection[UUID] = (),
    refused: Collection[UUID] = (),
) -> None:
    """Note what the push services of a user's devices said of a message.

    Devices that are gone, or refused too often in a row, are removed; the owner is told when none
    is left. What failed for a while only is not noted.
    """
    device = col(PushSubscription.id)
    mine = col(PushSubscription.owner_id) == owner_id
    # in one order for all: two messages may have met with opposite fates
    await session.execute(select(device).where(mine).order_by(device).with_for_update())
    if accepted:
        await session.execute(
            update(PushSubscription)
            .where(mine, device.in_(accepted))
            .values(last_used_at=now(), failures=0)
        )
    if refused:
        await session.execute(
            update(PushSubscription)
            .where(mine, device.in_(refused))
            .values(failures=col(PushSubscription.failures) + 1)
        )
    if not (gone or refused):
        return
    useless = or_(device.in_(gone), col(PushSubscription.failures) >= MOST_FAILURES)
    removed = await session.scalars(delete(PushSubscription).where(mine, useless).returning(device))
    count = len(removed.all())
    if not count:
        return
    log.info("push_gone", user_id=str(owner_id), devices=count)
    if await session.scalar(select(device).where(mine).limit(1)) is None:
        session.add(Notification(owner_id=owner_id, kind="push_gone", title=GONE, body=GONE_MORE))


@follows_shutting_out
async def end_subscriptions(session: AsyncSession, user_id: UUID) -> None:
    """Remove all devices of a user: whoever was let in may have added one."""
    await session.execute(delete(PushSubscription).where(col(PushSubscription.owner_id) == user_id))
