"""What can be done with calendar feeds. What is read of one is in reading.py."""

import hashlib
import secrets
from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.callers import Caller
from taskbell.accounts.changes import follows_shutting_out
from taskbell.accounts.service import get_user
from taskbell.feeds.errors import FeedNotFoundError, TooManyFeedsError
from taskbell.feeds.models import CalendarFeed
from taskbell.feeds.schemas import FeedCreate
from taskbell.filters.service import get_filter
from taskbell.lists.errors import ListNotFoundError
from taskbell.lists.service import get_list
from taskbell.mail.notices import notify

PREFIX = "tbf_"
"""Of each secret, so that logs and scanners can tell one."""

MOST_FEEDS = 20

log = structlog.get_logger(__name__)


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a secret: it is random, a plain SHA-256 suffices."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def address(public_url: str, secret: str) -> str:
    """Return where calendar programs find a feed."""
    return f"{public_url}/feeds/{secret}.ics"


@follows_shutting_out
async def end_feeds(session: AsyncSession, user_id: UUID) -> None:
    """Revoke all feeds of a user: whoever was let in may have made one."""
    await session.execute(delete(CalendarFeed).where(col(CalendarFeed.owner_id) == user_id))


async def make_feed(
    session: AsyncSession, *, caller: Caller, new: FeedCreate
) -> tuple[CalendarFeed, str]:
    """Make a feed and return it with its secret, which nobody can read again.

    Raises `TooManyFeedsError`, `ListNotFoundError`, `FilterNotFoundError`.
    """
    owner_id = caller.user_id
    # feeds are counted in turn
    user = await get_user(session, user_id=owner_id, for_update=True)
    # while we waited for the lock everything may have been revoked
    await live.check(session, session_id=caller.session_id)
    if new.list_id is not None:
        found = await get_list(session, owner_id=owner_id, list_id=new.list_id)
        if found.deleted_at is not None:
            raise ListNotFoundError("The list is in the trash: restore it first")
    if new.filter_id is not None:
        await get_filter(session, owner_id=owner_id, filter_id=new.filter_id)
    mine = col(CalendarFeed.owner_id) == owner_id
    count = select(func.count()).select_from(CalendarFeed).where(mine)
    if (await session.scalar(count) or 0) >= MOST_FEEDS:
        raise TooManyFeedsError
    secret = PREFIX + secrets.token_urlsafe(32)
    made = CalendarFeed(**new.model_dump(), owner_id=owner_id, secret_hash=hash_secret(secret))
    session.add(made)
    await session.flush()
    await notify(session, "feed_made", user_id=owner_id, email=user.email)
    log.info("feed_made", user_id=str(owner_id), id=str(made.id))
    return made, secret


async def list_feeds(session: AsyncSession, *, owner_id: UUID) -> Sequence[CalendarFeed]:
    """Return a user's feeds, the newest first."""
    mine = select(CalendarFeed).where(col(CalendarFeed.owner_id) == owner_id)
    return (await session.scalars(mine.order_by(col(CalendarFeed.id).desc()))).all()


async def revoke_feed(session: AsyncSession, *, owner_id: UUID, feed_id: UUID) -> None:
    """Delete a feed: its address finds nothing any more. Raises `FeedNotFoundError`."""
    found = await session.scalar(
        delete(CalendarFeed)
        .where(col(CalendarFeed.id) == feed_id, col(CalendarFeed.owner_id) == owner_id)
        .returning(col(CalendarFeed.id))
    )
    if found is None:
        raise FeedNotFoundError
    log.info("feed_revoked", user_id=str(owner_id), id=str(feed_id))
