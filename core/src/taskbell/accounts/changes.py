"""Who follows it when something about an account changes, in the transaction of the change.

Domains above register here: calendar feeds end when all access ends, digests move with the zone.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts.models import User

Follower = Callable[[AsyncSession, UUID], Awaitable[None]]
ZoneFollower = Callable[[AsyncSession, User], Awaitable[None]]

_followers: list[Follower] = []
_zone_followers: list[ZoneFollower] = []


def follows_shutting_out(follower: Follower) -> Follower:
    """Call `follower` with the user's id whenever all access to an account ends."""
    _followers.append(follower)
    return follower


def follows_time_zone(follower: ZoneFollower) -> ZoneFollower:
    """Call `follower` with the user whenever the time zone of a profile has changed."""
    _zone_followers.append(follower)
    return follower


async def tell_followers(session: AsyncSession, user_id: UUID) -> None:
    """Run every follower of shutting out; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, user_id)


async def tell_zone_followers(session: AsyncSession, user: User) -> None:
    """Run every follower of the time zone; an error in one undoes the change."""
    for follower in _zone_followers:
        await follower(session, user)
