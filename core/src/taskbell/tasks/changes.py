"""Who follows the changes of tasks, in the transaction of the change.

Domains above (reminders) register here, so that no caller of the task service can forget them.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.tasks.models import Task

Follower = Callable[[AsyncSession, Task], Awaitable[None]]

_followers: list[Follower] = []


def follows_tasks(follower: Follower) -> Follower:
    """Call `follower` after each change of a task's due time, completion or deletion."""
    _followers.append(follower)
    return follower


async def tell_followers(session: AsyncSession, task: Task) -> None:
    """Run every follower; an error in one undoes the change."""
    for follower in _followers:
        await follower(session, task)
