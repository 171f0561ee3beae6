"""What can be done with tasks. Reading lists of them is in queries.py."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import service as accounts
from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.ids import new_id
from taskbell.lists import service as lists
from taskbell.tasks.changes import tell_followers
from taskbell.tasks.errors import (
    DueInPastError,
    TaskChangedError,
    TaskIdTakenError,
    TaskNotFoundError,
    TwoDueTimesError,
)
from taskbell.tasks.models import Priority, Task
from taskbell.tasks.schemas import TaskCreate, TaskPatch, TaskPut

TRASH_TTL = timedelta(days=30)


async def create_task(session: AsyncSession, *, owner_id: UUID, new: TaskCreate) -> Task:
    """Add a task.

    Raises `DueInPastError`, `TwoDueTimesError`, `ListNotFoundError`, `TaskIdTakenError`.
    """
    moment = now()
    check_new(new, at=moment)
    values = new.model_dump(exclude={"id", "priority", "list_id", "time_zone"})
    task = Task(
        **values,
        id=new.id or new_id(),
        owner_id=owner_id,
        priority=Priority[new.priority],
        list_id=await lists.resolve(session, owner_id=owner_id, list_id=new.list_id),
        time_zone=new.time_zone or await _own_zone(session, owner_id),
        created_at=moment,
        updated_at=moment,
    )
    session.add(task)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "pk_task":
            raise TaskIdTakenError from None
        raise
    return task


def check_new(new: TaskCreate, *, at: datetime) -> None:
    """Check what needs no database. Raises `DueInPastError`, `TwoDueTimesError`."""
    if new.due_at is not None and new.due_at < at:
        raise DueInPastError(field="body.due_at")
    _check_one_due(new)


async def get_task(session: AsyncSession, *, owner_id: UUID, task_id: UUID) -> Task:
    """Return a task, trashed or not. Raises `TaskNotFoundError`."""
    return await _get(session, owner_id, task_id)


async def update_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    patch: TaskPatch,
    if_version: int | None = None,
) -> Task:
    """Merge a patch into a task: absent fields are untouched, null clears.

    Clearing `priority`, `description`, `list_id` or `time_zone` brings back the default. Raises
    `TaskNotFoundError`, `TaskChangedError`, `TwoDueTimesError`, `ListNotFoundError`.
    """
    changes = changes_of(patch)
    task = await _lock(session, owner_id, task_id, if_version)
    return await _change(session, task, changes)


def changes_of(patch: TaskPatch) -> dict[str, Any]:
    """Return the columns a patch sets. Raises `TwoDueTimesError`.

    A new kind of due time replaces the other one. `list_id` and `time_zone` may be None: the
    default is still to be looked up.
    """
    _check_one_due(patch)
    changes = patch.model_dump(exclude_unset=True)
    if changes.get("due_at") is not None:
        changes["due_date"] = None
    elif changes.get("due_date") is not None:
        changes["due_at"] = None
    return _as_columns(changes)


async def replace_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    new: TaskPut,
    if_version: int | None = None,
) -> Task:
    """Set every field of a task; raises what `update_task` raises."""
    _check_one_due(new)
    task = await _lock(session, owner_id, task_id, if_version)
    return await _change(session, task, _as_columns(new.model_dump()))


async def set_completed(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    completed: bool | None = None,
    if_version: int | None = None,
) -> Task:
    """Complete a task or take that back; None toggles. Setting what is set changes nothing."""
    task = await _lock(session, owner_id, task_id, if_version)
    wanted = not task.completed if completed is None else completed
    if wanted != task.completed:
        task.completed_at = now() if wanted else None
        await _touch(session, task)
    return task


async def trash_task(
    session: AsyncSession, *, owner_id: UUID, task_id: UUID, if_version: int | None = None
) -> None:
    """Move a task to the trash; nothing changes when it lies there already."""
    task = await _lock(session, owner_id, task_id, if_version, trashed=True)
    if task.deleted_at is None:
        task.deleted_at = now()
        await _touch(session, task)


async def restore_task(
    session: AsyncSession, *, owner_id: UUID, task_id: UUID, if_version: int | None = None
) -> Task:
    """Take a task out of the trash; nothing changes when it is not there."""
    task = await _lock(session, owner_id, task_id, if_version, trashed=True)
    if task.deleted_at is not None:
        task.deleted_at = None
        await _touch(session, task)
    return task


async def delete_task(
    session: AsyncSession, *, owner_id: UUID, task_id: UUID, if_version: int | None = None
) -> None:
    """Delete a task for good, with its reminders."""
    task = await _lock(session, owner_id, task_id, if_version, trashed=True)
    task.deleted_at = now()
    await tell_followers(session, task)
    await session.delete(task)
    await session.flush()


async def purge_trash(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` tasks that lie in the trash for `TRASH_TTL`; return how many."""
    old = (
        select(col(Task.id))
        .where(col(Task.deleted_at) < now() - TRASH_TTL)
        .order_by(col(Task.deleted_at))
        .limit(most)
        .with_for_update(skip_locked=True)
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


async def _get(session: AsyncSession, owner_id: UUID, task_id: UUID, *, lock: bool = False) -> Task:
    statement = select(Task).where(col(Task.id) == task_id, col(Task.owner_id) == owner_id)
    if lock:
        # what another request committed while this one waited must be seen
        statement = statement.with_for_update().execution_options(populate_existing=True)
    task = await session.scalar(statement)
    if task is None:
        raise TaskNotFoundError
    return task


async def lock_task(session: AsyncSession, *, owner_id: UUID, task_id: UUID) -> Task:
    """Return a task that is not in the trash, locked. Raises `TaskNotFoundError`."""
    return await _lock(session, owner_id, task_id, None)


async def _lock(
    session: AsyncSession,
    owner_id: UUID,
    task_id: UUID,
    if_version: int | None,
    *,
    trashed: bool = False,
) -> Task:
    task = await _get(session, owner_id, task_id, lock=True)
    if task.deleted_at is not None and not trashed:
        raise TaskNotFoundError("The task is in the trash: restore it first")
    if if_version is not None and task.version != if_version:
        raise TaskChangedError
    return task


async def _change(session: AsyncSession, task: Task, changes: dict[str, Any]) -> Task:
    if "list_id" in changes:
        changes["list_id"] = await lists.resolve(
            session, owner_id=task.owner_id, list_id=changes["list_id"]
        )
    if "time_zone" in changes and changes["time_zone"] is None:
        changes["time_zone"] = await _own_zone(session, task.owner_id)
    changed = {name for name, value in changes.items() if getattr(task, name) != value}
    for name in changed:
        setattr(task, name, changes[name])
    if changed:
        await _touch(session, task)
    return task


def _as_columns(changes: dict[str, Any]) -> dict[str, Any]:
    if "priority" in changes:
        changes["priority"] = Priority[changes["priority"] or "medium"]
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    return changes


def _check_one_due(given: TaskPut | TaskPatch) -> None:
    if given.due_at is not None and given.due_date is not None:
        raise TwoDueTimesError(field="body.due_at")


async def _touch(session: AsyncSession, task: Task) -> None:
    task.version += 1
    task.updated_at = _later(task.updated_at)
    await tell_followers(session, task)
    await session.flush()


def _later(previous: datetime) -> datetime:
    # clocks step back: the order of changes should not
    return max(now(), previous)


async def _own_zone(session: AsyncSession, owner_id: UUID) -> str:
    return (await accounts.get_user(session, user_id=owner_id)).time_zone
