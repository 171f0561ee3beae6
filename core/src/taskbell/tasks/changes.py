"""Who follows the changes of tasks, in the transaction of the change.

Domains above (reminders) register here, so that no caller of the task service can forget them.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.tasks.models import Task

Follower = Callable[[AsyncSession, Sequence[Task]], Awaitable[None]]

CreationFollower = Callable[[AsyncSession, Task], Awaitable[None]]

_followers: list[Follower] = []
_creation_followers: list[CreationFollower] = []


def follows_tasks(follower: Follower) -> Follower:
    """Call `follower` after each change of the due time, completion or deletion of tasks."""
    _followers.append(follower)
    return follower


async def tell_followers(session: AsyncSession, tasks: Sequence[Task]) -> None:
    """Run every follower; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, tasks)


def follows_new_timed_tasks(follower: CreationFollower) -> CreationFollower:
    """Call `follower` with each new task that is due at an instant, unless its maker minds."""
    _creation_followers.append(follower)
    return follower


async def tell_of_new(session: AsyncSession, task: Task) -> None:
    """Run every follower of new tasks; an error in one undoes the creation."""
    for follower in _creation_followers:
        await follower(session, task)
