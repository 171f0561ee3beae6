"""Reading what happened to a task, and taking the last of it back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.labels import service as labels
from taskbell.lists import service as lists
from taskbell.lists.errors import ListArchivedError, ListNotFoundError
from taskbell.locks import lock_tasks_of
from taskbell.paging import InvalidCursorError, Page, decode_cursor, encode_cursor
from taskbell.tasks import tree
from taskbell.tasks.activity import Operation, column_value
from taskbell.tasks.activity_schemas import ActivityOut
from taskbell.tasks.completion import forget_completion
from taskbell.tasks.errors import (
    CannotUndoError,
    NothingToUndoError,
    ParentCycleError,
    ParentNotFoundError,
    TooDeepError,
)
from taskbell.tasks.models import Task, TaskActivity
from taskbell.tasks.service import get_task, lock_task
from taskbell.tasks.trash import put_in, take_out


async def list_activity(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[ActivityOut]:
    """Return a page of a task's changes; how it was made is the last of them.

    Raises `TaskNotFoundError`, `InvalidCursorError`.
    """
    task = await get_task(session, owner_id=owner_id, task_id=task_id)
    mine = col(TaskActivity.task_id) == task_id
    statement = select(TaskActivity).where(mine).order_by(col(TaskActivity.version).desc())
    total, skipped = None, 0
    if cursor is None:
        counted = select(func.count()).select_from(TaskActivity).where(mine)
        total = 1 + (await session.scalar(counted) or 0)
        skipped = (page - 1) * per_page
        statement = statement.offset(skipped)
    else:
        (last,) = decode_cursor(cursor, length=1)
        if type(last) is not int or not 1 < last < 2**31:
            raise InvalidCursorError
        statement = statement.where(col(TaskActivity.version) < last)
    found = [ActivityOut.of(one) for one in await session.scalars(statement.limit(per_page + 1))]
    if len(found) <= per_page and (total is None or skipped < total):
        found.append(ActivityOut.creation(task))
    more = len(found) > per_page
    found = found[:per_page]
    return Page(found, total, encode_cursor(found[-1].version) if more else None)


async def undo_last_change(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Take back the last change of a task that was not taken back yet, with all that it changed.

    What was changed once more since then, elsewhere, stays as it is. Raises `TaskNotFoundError`,
    `TaskChangedError`, `NothingToUndoError`, `CannotUndoError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    task = await lock_task(
        session, owner_id=owner_id, task_id=task_id, if_version=if_version, trashed=True
    )
    last = await session.scalar(
        select(TaskActivity)
        .where(
            col(TaskActivity.task_id) == task_id,
            col(TaskActivity.undone_at).is_(None),
            col(TaskActivity.action) != "undone",
        )
        .order_by(col(TaskActivity.version).desc())
        .limit(1)
    )
    if last is None:
        raise NothingToUndoError
    operation = Operation(owner_id, via, now(), "undone")
    if last.action == "deleted" and task.deleted_at is not None:
        await take_out(session, operation, task)
    elif last.action == "restored" and task.deleted_at is None:
        await put_in(session, operation, task)
    elif task.deleted_at is not None:
        raise CannotUndoError("The task is in the trash: restore it first")
    else:
        await _take_back(session, operation, task, last)
    for one in await _of_same_operation(session, last):
        if one is last or one.task_id in operation.watched:
            one.undone_at = operation.at
    await operation.finish(session)
    return task


async def _of_same_operation(session: AsyncSession, last: TaskActivity) -> Sequence[TaskActivity]:
    if last.operation_id is None:
        return [last]
    same = select(TaskActivity).where(col(TaskActivity.operation_id) == last.operation_id)
    return (await session.scalars(same)).all()


async def _take_back(
    session: AsyncSession, operation: Operation, task: Task, last: TaskActivity
) -> None:
    changes = await _of_same_operation(session, last)
    ids = [one.task_id for one in changes]
    found = await session.scalars(
        select(Task)
        .where(col(Task.id).in_(ids), col(Task.deleted_at).is_(None))
        .order_by(col(Task.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    since = await _changed_since(session, changes)
    tasks = {one.id: one for one in found if one.id not in since}
    parents = {one.parent_id for one in tasks.values()}
    with session.no_autoflush:  # the place that it was in may be gone
        for change in changes:
            one = tasks.get(change.task_id)
            if one is not None:
                operation.watch(one)
                await _set_back(session, one, change)
                await _check_place(session, one, change.before)
    await session.flush()
    for change in changes:
        one = tasks.get(change.task_id)
        if one is not None and "position" in change.before:
            for below in await tree.descendants(session, one.id):
                operation.watch(below)
                below.list_id = one.list_id
        if one is not None and one.label_names and "label_names" in change.before:
            await _name_labels(session, one)
    await session.flush()
    await tree.recount(session, parents | {one.parent_id for one in tasks.values()})


_TOGETHER = (
    frozenset(
        {"due_date", "due_at", "time_zone", "rrule", "repeat_anchor", "repeat_start", "occurrence",
         "occurrence_number", "completed_at"}
    ),
    frozenset({"list_id", "parent_id", "position"}),
)  # fmt: skip
"""Columns that mean something together: one of them set back alone may be what no task can be."""


async def _changed_since(session: AsyncSession, changes: Sequence[TaskActivity]) -> set[UUID]:
    """Return the tasks of which something was changed once more, or what belongs together with it.

    What was taken back does not count.
    """
    by_id = {one.task_id: one for one in changes}
    found = await session.scalars(
        select(TaskActivity).where(
            col(TaskActivity.task_id).in_(by_id),
            col(TaskActivity.undone_at).is_(None),
            col(TaskActivity.action) != "undone",
        )
    )
    since = set()
    for later in found:
        change = by_id[later.task_id]
        names = change.before.keys()
        ours = names | {one for group in _TOGETHER if group & names for one in group}
        if later.version > change.version and later.before.keys() & ours:
            since.add(later.task_id)
    return since


async def _set_back(session: AsyncSession, task: Task, change: TaskActivity) -> None:
    done = task.occurrence
    for name, before in change.before.items():
        if name == "list_id" and "position" not in change.before:
            continue  # it went along with its parent, and still does if that is its parent still
        after = column_value(name, change.after[name])
        if getattr(task, name) == after:
            setattr(task, name, column_value(name, before))
    if change.action in ("completed", "skipped") and task.rrule is not None:
        ended = "completed_at" in change.before
        key = done if ended else change.before.get("occurrence")
        if key is not None:
            await forget_completion(session, task_id=task.id, occurrence=key)


async def _name_labels(session: AsyncSession, task: Task) -> None:
    """Call the labels of a task as they are called now; those that are gone are made anew."""
    names = await labels.resolve_names(
        session, owner_id=task.owner_id, names=task.label_names.split("\n")
    )
    task.label_names = "\n".join(names)


async def _check_place(session: AsyncSession, task: Task, before: dict[str, Any]) -> None:
    """Raise `CannotUndoError` where a task was before is no place for it any more."""
    if "position" not in before:
        return  # it stays below its parent
    try:
        if "list_id" in before:
            await lists.resolve(session, owner_id=task.owner_id, list_id=task.list_id)
        if "parent_id" in before and task.parent_id is not None:
            parent = await tree.find_parent(
                session, owner_id=task.owner_id, parent_id=task.parent_id, child_id=task.id
            )
            if parent.list_id != task.list_id:
                raise ParentNotFoundError
    except (ListNotFoundError, ListArchivedError):
        raise CannotUndoError("The list that the task was in is gone or archived") from None
    except (ParentNotFoundError, ParentCycleError, TooDeepError):
        raise CannotUndoError("The task that it was a subtask of is no place for it now") from None
