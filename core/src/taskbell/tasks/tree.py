"""Tasks within lists and below other tasks: where they are, and in which order.

All of this is for holders of `locks.lock_tasks_of` only.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from taskbell.lists import service as lists
from taskbell.positions import LONGEST, at_end, between, spread
from taskbell.tasks.activity import Operation
from taskbell.tasks.errors import (
    NotASiblingError,
    ParentCycleError,
    ParentInOtherListError,
    ParentNotFoundError,
    TooDeepError,
)
from taskbell.tasks.models import Task

MOST_LEVELS = 5
"""A task without a parent is on the first one."""

CHILD = aliased(Task)
LIVE = col(CHILD.deleted_at).is_(None)


async def descendants(
    session: AsyncSession, task_id: UUID, *, of: ColumnElement[bool] | None = None
) -> Sequence[Task]:
    """Return the live tasks below one, at any depth, locked; parents come first.

    `of`: others than the live ones, as a condition on `CHILD`.
    """
    below = _below(task_id, LIVE if of is None else of)
    found = await session.scalars(
        select(Task)
        .join(below, col(Task.id) == below.c.id)
        .order_by(below.c.level, col(Task.id))
        .with_for_update(of=Task)
        .execution_options(populate_existing=True)
    )
    return found.all()


def _below(task_id: UUID, wanted: ColumnElement[bool] = LIVE) -> Any:
    """Return the wanted tasks below one as (id, level); the direct ones are on level 1."""
    first: Any = select(col(CHILD.id).label("id"), literal(1).label("level")).where(
        col(CHILD.parent_id) == task_id, wanted
    )
    below = first.cte("below", recursive=True)
    return below.union_all(
        select(col(CHILD.id), below.c.level + 1)
        .join(below, col(CHILD.parent_id) == below.c.id)
        .where(wanted)
    )


def _above(task_id: UUID) -> Any:
    """Return a task and those above it as (id, parent_id)."""
    first: Any = select(col(Task.id).label("id"), col(Task.parent_id).label("parent_id")).where(
        col(Task.id) == task_id
    )
    above = first.cte("above", recursive=True)
    parent = aliased(Task)
    return above.union_all(
        select(col(parent.id), col(parent.parent_id)).join(
            above, col(parent.id) == above.c.parent_id
        )
    )


async def find_parent(
    session: AsyncSession, *, owner_id: UUID, parent_id: UUID, child_id: UUID | None = None
) -> Task:
    """Return the task that a new task, or `child_id` with all below it, can be put under.

    Raises `ParentNotFoundError`, `ParentCycleError`, `TooDeepError`.
    """
    parent = await session.scalar(
        select(Task)
        .where(
            col(Task.id) == parent_id,
            col(Task.owner_id) == owner_id,
            col(Task.deleted_at).is_(None),
        )
        # one without subtasks is trashed without the lock of all (see fast.py)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if parent is None:
        raise ParentNotFoundError(field="body.parent_id")
    above = _above(parent_id)
    ancestors = (await session.scalars(select(above.c.id))).all()
    if child_id in ancestors:
        raise ParentCycleError(field="body.parent_id")
    levels = 1
    if child_id is not None:
        below = _below(child_id)
        levels += await session.scalar(select(func.max(below.c.level))) or 0
    if len(ancestors) + levels > MOST_LEVELS:
        raise TooDeepError(field="body.parent_id")
    return parent


async def place(
    session: AsyncSession, operation: Operation, task: Task, *, list_id: Any, parent_id: Any
) -> None:
    """Put a task, with all below it, at the end of a list or below another task.

    `ABSENT` for what was not said. Another list alone takes a subtask from its parent. Raises
    what `find_parent` and `lists.resolve` raise, and `ParentInOtherListError`.
    """
    former = task.parent_id
    if parent_id is not ABSENT and parent_id is not None:
        parent = await find_parent(
            session, owner_id=task.owner_id, parent_id=parent_id, child_id=task.id
        )
        if list_id not in (ABSENT, parent.list_id):
            raise ParentInOtherListError(field="body.list_id")
        list_id = parent.list_id
        if list_id != task.list_id:
            await lists.resolve(session, owner_id=task.owner_id, list_id=list_id)
        wanted: UUID | None = parent.id
    else:
        if list_id is ABSENT:
            list_id = task.list_id
        elif list_id != task.list_id:
            list_id = await lists.resolve(session, owner_id=task.owner_id, list_id=list_id)
        stays = parent_id is ABSENT and list_id == task.list_id
        wanted = former if stays else None
    if (wanted, list_id) == (former, task.list_id):
        return
    if list_id != task.list_id:
        for one in await descendants(session, task.id):
            operation.watch(one)
            one.list_id = list_id
    task.list_id, task.parent_id, task.position = list_id, wanted, at_end()
    await session.flush()
    await recount(session, {former, wanted})


ABSENT: Any = object()
"""Stands for what a request did not say, where None means something."""


async def put_next_to(
    session: AsyncSession, task: Task, *, after_id: UUID | None, before_id: UUID | None
) -> None:
    """Put a task next to a sibling, or at the end for neither; where it is already, it stays.

    Raises `NotASiblingError`.
    """
    low, high = await _gap(session, task, after_id, before_id)
    if (low is None or low < task.position) and (high is None or task.position < high):
        return
    position = between(low, high)
    if position is None or len(position) > LONGEST:
        await _respace(session, task)
        position = between(*await _gap(session, task, after_id, before_id))
    if position is None:
        raise RuntimeError("there is no room between keys just made")
    task.position = position


async def _gap(
    session: AsyncSession, task: Task, after_id: UUID | None, before_id: UUID | None
) -> tuple[str | None, str | None]:
    """Return the keys that a task is to be put between, None for an open end."""
    if after_id is None and before_id is None:
        return await session.scalar(_siblings(task, func.max(col(Task.position)))), None
    name = "after_id" if after_id is not None else "before_id"
    places = tuple_(col(Task.position), col(Task.id))
    found = (
        await session.execute(
            _siblings(task, col(Task.position), col(Task.id)).where(
                col(Task.id) == (after_id if after_id is not None else before_id)
            )
        )
    ).first()
    if found is None:
        raise NotASiblingError(field=f"body.{name}")
    here = tuple_(literal(found.position, String(collation="C")), literal(found.id))
    if after_id is not None:
        beyond = _siblings(task, func.min(col(Task.position))).where(places > here)
        return found.position, await session.scalar(beyond)
    beyond = _siblings(task, func.max(col(Task.position))).where(places < here)
    return await session.scalar(beyond), found.position


def _siblings(task: Task, *what: Any) -> Select[Any]:
    return select(*what).where(
        col(Task.list_id) == task.list_id,
        col(Task.parent_id).is_not_distinct_from(task.parent_id),
        col(Task.deleted_at).is_(None),
        col(Task.id) != task.id,
    )


async def _respace(session: AsyncSession, task: Task) -> None:
    """Give siblings new keys, in the order they are in; for keys that are equal or too long."""
    order = (col(Task.position), col(Task.id))
    found = (await session.scalars(_siblings(task, col(Task.id)).order_by(*order))).all()
    places = [
        {"id": one, "position": key} for one, key in zip(found, spread(len(found)), strict=True)
    ]
    if places:
        await session.execute(update(Task), places)


async def recount(session: AsyncSession, parents: Iterable[UUID | None]) -> None:
    """Count the live subtasks of some tasks anew."""
    wanted = [one for one in parents if one is not None]
    if not wanted:
        return
    child = aliased(Task)
    count = (
        select(func.count())
        .where(col(child.parent_id) == col(Task.id), col(child.deleted_at).is_(None))
        .correlate(Task)
        .scalar_subquery()
    )
    await session.execute(
        update(Task)
        .where(col(Task.id).in_(wanted))
        .values(subtasks_count=count)
        .execution_options(synchronize_session=False)
    )
