"""Who follows the changes of labels, in the transaction of the change.

Domains above (tasks) register here, so that no caller of the label service can forget them.
"""

from collections.abc import Awaitable
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class Follower(Protocol):
    """Is told the old name of a label that is locked, and the new one; None when it is deleted."""

    def __call__(
        self, session: AsyncSession, *, owner_id: UUID, old: str, new: str | None
    ) -> Awaitable[None]: ...


_F = TypeVar("_F", bound=Follower)
_followers: list[Follower] = []


def follows_labels(follower: _F) -> _F:
    """Call `follower` whenever a label gets another name or is deleted."""
    _followers.append(follower)
    return follower


async def tell_followers(
    session: AsyncSession, *, owner_id: UUID, old: str, new: str | None
) -> None:
    """Run every follower; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, owner_id=owner_id, old=old, new=new)
