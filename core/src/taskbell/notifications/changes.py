"""Who follows it when somebody's preferences change, in the transaction of the change.

Domains above (reminders, digests) register here: what they planned may have to move.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.notifications.models import NotificationPreference

Follower = Callable[[AsyncSession, NotificationPreference, frozenset[str]], Awaitable[None]]

_followers: list[Follower] = []


def follows_preferences(follower: Follower) -> Follower:
    """Call `follower` with the preferences as they are now, and the names of what has changed."""
    _followers.append(follower)
    return follower


async def tell_followers(
    session: AsyncSession, preference: NotificationPreference, changed: frozenset[str]
) -> None:
    """Run every follower; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, preference, changed)
