"""Who follows it when everything that gives access to an account is ended.

Domains above (calendar feeds) register here: what they gave out must end as well.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

Follower = Callable[[AsyncSession, UUID], Awaitable[None]]

_followers: list[Follower] = []


def follows_shutting_out(follower: Follower) -> Follower:
    """Call `follower` with the user's id whenever all access to an account ends."""
    _followers.append(follower)
    return follower


async def tell_followers(session: AsyncSession, user_id: UUID) -> None:
    """Run every follower; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, user_id)
