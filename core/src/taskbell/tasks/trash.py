"""The trash: what goes into it together comes back together, and is emptied after `TRASH_TTL`."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from taskbell.clock import now
from taskbell.lists import service as lists
from taskbell.lists.models import TaskList
from taskbell.locks import lock_tasks_of
from taskbell.positions import at_end
from taskbell.tasks import tree
from taskbell.tasks.activity import Operation
from taskbell.tasks.changes import tell_followers
from taskbell.tasks.errors import ParentNotFoundError, TooDeepError
from taskbell.tasks.models import Task
from taskbell.tasks.service import lock_task

TRASH_TTL = timedelta(days=30)


async def trash_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> None:
    """Move a task with its subtasks to the trash; nothing changes when it lies there already.

    Raises `TaskNotFoundError`, `TaskChangedError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    task = await lock_task(
        session, owner_id=owner_id, task_id=task_id, if_version=if_version, trashed=True
    )
    if task.deleted_at is None:
        operation = Operation(owner_id, via, now(), "deleted")
        await put_in(session, operation, task)
        await operation.finish(session)


async def put_in(session: AsyncSession, operation: Operation, task: Task) -> None:
    """Put a task and the live ones below it into the trash."""
    group = [task, *await tree.descendants(session, task.id)]
    for one in group:
        operation.watch(one)
        one.deleted_at, one.trash_id = operation.at, task.id
    await session.flush()
    await tree.recount(session, [task.parent_id, *(one.id for one in group)])


async def restore_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Take a task out of the trash, with exactly those subtasks that went there with it.

    Nothing changes when it is not there. Its parent being in the trash, it becomes a task of its
    own; its list being there, it goes to the inbox. Raises `TaskNotFoundError`, `TaskChangedError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    task = await lock_task(
        session, owner_id=owner_id, task_id=task_id, if_version=if_version, trashed=True
    )
    if task.deleted_at is not None:
        operation = Operation(owner_id, via, now(), "restored")
        await take_out(session, operation, task)
        await operation.finish(session)
    return task


async def take_out(session: AsyncSession, operation: Operation, task: Task) -> None:
    """Take a task, and those below it that went with it, out of the trash."""
    with_it = col(tree.CHILD.trash_id) == (task.trash_id or task.id)
    group = [task, *await tree.descendants(session, task.id, of=with_it)]
    was = (task.list_id, task.parent_id)
    list_id = await _list_for(session, task)
    for one in group:
        operation.watch(one)
        one.deleted_at, one.trash_id, one.list_id = None, None, list_id
    await session.flush()
    if task.parent_id is not None:
        try:
            parent = await tree.find_parent(
                session, owner_id=task.owner_id, parent_id=task.parent_id, child_id=task.id
            )
        except (ParentNotFoundError, TooDeepError):
            task.parent_id = None
        else:
            for one in group:
                one.list_id = parent.list_id
    if task.parent_id is None and (task.list_id, None) != was:
        task.position = at_end()  # it has no place among those
    await session.flush()
    await tree.recount(session, [task.parent_id, *(one.id for one in group)])


async def _list_for(session: AsyncSession, task: Task) -> UUID:
    live = select(col(TaskList.id)).where(
        col(TaskList.id) == task.list_id, col(TaskList.deleted_at).is_(None)
    )
    found: UUID | None = await session.scalar(live)
    return found or await lists.resolve(session, owner_id=task.owner_id, list_id=None)


async def delete_task(
    session: AsyncSession, *, owner_id: UUID, task_id: UUID, if_version: int | None = None
) -> None:
    """Delete a task for good, with its subtasks and all their reminders.

    Raises `TaskNotFoundError`, `TaskChangedError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    task = await lock_task(
        session, owner_id=owner_id, task_id=task_id, if_version=if_version, trashed=True
    )
    group = [task, *await tree.descendants(session, task.id, of=true())]
    moment = now()
    for one in group:
        one.deleted_at = one.deleted_at or moment
    await tell_followers(session, group)
    parent_id = task.parent_id
    await session.flush()
    # what is below goes with it, by the database
    await session.execute(
        delete(Task).where(col(Task.id) == task_id).execution_options(synchronize_session=False)
    )
    for one in group:
        session.expunge(one)
    await tree.recount(session, [parent_id])


async def purge_trash(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` tasks that lie in the trash for `TRASH_TTL`; return how many.

    Those below them, which lie there as long, go with them and are not counted: whoever restores
    a task at this moment gets all of it, or nothing.
    """
    above, long_ago = aliased(Task), now() - TRASH_TTL
    below_another = select(col(above.id)).where(
        col(above.id) == col(Task.parent_id), col(above.deleted_at) < long_ago
    )
    old = (
        select(col(Task.id))
        .where(col(Task.deleted_at) < long_ago, ~below_another.exists())
        .order_by(col(Task.deleted_at))
        .limit(most)
        .with_for_update(skip_locked=True, of=Task)
        .cte("old")
        .prefix_with("MATERIALIZED")  # a subquery might be run, and locked, more than once
    )
    purged = await session.execute(
        delete(Task)
        .where(col(Task.id).in_(select(old.c.id)))
        .returning(col(Task.id))
        .execution_options(synchronize_session=False)
    )
    return len(purged.all())
