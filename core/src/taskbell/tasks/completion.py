"""Completing tasks, taking that back, and going from one occurrence to the next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.locks import lock_tasks_of
from taskbell.paging import Page, page_by_key
from taskbell.recurrence.slots import today
from taskbell.tasks import repeats, tree
from taskbell.tasks.activity import Operation
from taskbell.tasks.errors import NotRepeatingError, OccurrenceGoneError
from taskbell.tasks.models import Task, TaskCompletion
from taskbell.tasks.service import get_task, lock_task

Subtasks = Literal["keep", "complete"]
Outcome = Literal["completed", "skipped"]


async def set_completed(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    completed: bool | None = None,
    occurrence: str | None = None,
    subtasks: Subtasks = "keep",
    asked_at: datetime | None = None,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Complete a task or take that back; None toggles. Setting what is set changes nothing.

    A task that repeats moves on to its next occurrence, and is completed with the last one only.
    An `occurrence` that was done or skipped before stays so; without one, nothing happens when the
    task was moved on after `asked_at`, or while this waited: another request was first. Raises
    `TaskNotFoundError`, `TaskChangedError`, `OccurrenceGoneError`.
    """
    moment = now()
    seen = select(col(Task.occurrence)).where(col(Task.id) == task_id)
    meant = occurrence or await session.scalar(seen)
    await lock_tasks_of(session, owner_id=owner_id)
    task = await lock_task(session, owner_id=owner_id, task_id=task_id, if_version=if_version)
    wanted = (not task.completed) if completed is None else completed
    if occurrence is not None and occurrence != task.occurrence:
        await _check_past(session, task, occurrence)
        return task
    if wanted == task.completed and not (wanted and subtasks == "complete"):
        return task
    operation = Operation(owner_id, via, moment, "completed" if wanted else "reopened")
    operation.watch(task)
    if wanted == task.completed:
        pass  # but its subtasks may not be
    elif not wanted:
        await _reopen(session, task)
    elif task.rrule is None:
        task.completed_at = moment
    else:
        if meant != task.occurrence or (
            occurrence is None and await _moved_on_since(session, task, asked_at or moment)
        ):
            return task
        await _move_on(session, operation, task, "completed")
    if task.completed_at is not None and subtasks == "complete":
        for one in await tree.descendants(session, task.id):
            operation.watch(one)
            one.completed_at = one.completed_at or moment
    await operation.finish(session)
    return task


async def skip_occurrence(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    occurrence: str | None = None,
    asked_at: datetime | None = None,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Move a repeating task on without having done it; the last one completes it.

    Without an `occurrence` nothing happens when it was moved on after `asked_at`. Raises
    `TaskNotFoundError`, `TaskChangedError`, `NotRepeatingError`, `OccurrenceGoneError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    task = await lock_task(session, owner_id=owner_id, task_id=task_id, if_version=if_version)
    if task.rrule is not None and occurrence is not None and occurrence != task.occurrence:
        await _check_past(session, task, occurrence)
        return task
    if occurrence is None and asked_at and await _moved_on_since(session, task, asked_at):
        return task
    if task.rrule is None or task.completed_at is not None:
        raise NotRepeatingError
    operation = Operation(owner_id, via, now(), "skipped")
    operation.watch(task)
    await _move_on(session, operation, task, "skipped")
    await operation.finish(session)
    return task


async def _move_on(
    session: AsyncSession, operation: Operation, task: Task, outcome: Outcome
) -> None:
    done = {
        "id": new_id(),  # the history is in the order of these
        "outcome": outcome,
        "due_date": task.due_date,
        "due_at": task.due_at,
        "at": now(),  # after the lock: what was asked for before has waited
    }
    # a series that was begun anew may come by the same slot once more
    await session.execute(
        insert(TaskCompletion)
        .values(task_id=task.id, occurrence=task.occurrence, **done)
        .on_conflict_do_update(index_elements=["task_id", "occurrence"], set_=done)
    )
    taken = await _done_early(session, task, operation.at)
    if not repeats.advance(task, at=operation.at, taken=taken):
        task.completed_at = operation.at
        return
    for one in await tree.descendants(session, task.id):
        if one.completed_at is not None and one.rrule is None:  # to be done once more
            operation.watch(one)
            one.completed_at = None


async def _done_early(session: AsyncSession, task: Task, at: datetime) -> Sequence[str]:
    """Return what counting from completion may come to though it was done, before its time."""
    if task.repeat_anchor != "completion":
        return ()
    ahead = select(col(TaskCompletion.occurrence)).where(
        col(TaskCompletion.task_id) == task.id,
        col(TaskCompletion.occurrence) >= today(at, task.time_zone).isoformat(),
    )
    return (await session.scalars(ahead)).all()


async def _reopen(session: AsyncSession, task: Task) -> None:
    task.completed_at = None
    if task.occurrence is not None:
        await forget_completion(session, task_id=task.id, occurrence=task.occurrence)


async def forget_completion(session: AsyncSession, *, task_id: UUID, occurrence: str) -> None:
    """Take an occurrence out of the history: it was not done after all."""
    await session.execute(
        delete(TaskCompletion).where(
            col(TaskCompletion.task_id) == task_id, col(TaskCompletion.occurrence) == occurrence
        )
    )


async def _check_past(session: AsyncSession, task: Task, occurrence: str) -> None:
    """Raise `OccurrenceGoneError` unless an occurrence was done or skipped."""
    if not await _any(session, task, col(TaskCompletion.occurrence) == occurrence):
        raise OccurrenceGoneError


async def _moved_on_since(session: AsyncSession, task: Task, moment: datetime) -> bool:
    return await _any(session, task, col(TaskCompletion.at) >= moment)


async def _any(session: AsyncSession, task: Task, condition: ColumnElement[bool]) -> bool:
    found = select(1).where(col(TaskCompletion.task_id) == task.id, condition).limit(1)
    return await session.scalar(found) is not None


async def list_completions(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[TaskCompletion]:
    """Return a page of what was done and skipped, the newest first.

    Raises `TaskNotFoundError`, `InvalidCursorError`.
    """
    await get_task(session, owner_id=owner_id, task_id=task_id)
    return await page_by_key(
        session,
        select(TaskCompletion),
        col(TaskCompletion.task_id) == task_id,
        key=col(TaskCompletion.id),
        page=page,
        per_page=per_page,
        cursor=cursor,
    )
