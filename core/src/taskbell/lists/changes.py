"""Who follows the changes of lists, in the transaction of the change.

Domains above (tasks) register here, so that no caller of the list service can forget them.
"""

from collections.abc import Awaitable
from typing import Literal, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.lists.models import TaskList

Event = Literal["trashed", "restored", "deleted"]


class Follower(Protocol):
    """Is told of a list that is locked: after it was trashed or restored, before it is deleted."""

    def __call__(
        self, session: AsyncSession, task_list: TaskList, event: Event, *, via: str
    ) -> Awaitable[None]: ...


_F = TypeVar("_F", bound=Follower)
_followers: list[Follower] = []


def follows_lists(follower: _F) -> _F:
    """Call `follower` whenever a list goes to the trash, comes back, or goes for good."""
    _followers.append(follower)
    return follower


async def tell_followers(
    session: AsyncSession, task_list: TaskList, event: Event, via: str
) -> None:
    """Run every follower; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, task_list, event, via=via)
