"""The order of lists, which their owner chooses."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.lists.errors import (
    InboxProtectedError,
    ListChangedError,
    ListNotFoundError,
    NotASiblingError,
)
from taskbell.lists.models import TaskList
from taskbell.lists.schemas import ListMove
from taskbell.positions import LONGEST, between, spread


async def move_list(
    session: AsyncSession,
    *,
    owner_id: UUID,
    list_id: UUID,
    move: ListMove,
    if_version: int | None = None,
) -> TaskList:
    """Put a list next to another one, or behind all; nothing changes when it is there already.

    Raises `ListNotFoundError`, also for one in the trash, `ListChangedError`,
    `InboxProtectedError`, `NotASiblingError`.
    """
    every = await _lock_all(session, owner_id)
    moved = next((one for one in every if one.id == list_id), None)
    if moved is None or moved.deleted_at is not None:
        raise ListNotFoundError
    if if_version is not None and moved.version != if_version:
        raise ListChangedError
    if moved.is_inbox:
        raise InboxProtectedError
    others = [one for one in every if one is not moved]
    place = _place(others, move)
    if every.index(moved) != place:
        _put(moved, others, place)
        moved.version += 1
        moved.updated_at = max(now(), moved.updated_at)
        await session.flush()
    return moved


async def _lock_all(session: AsyncSession, owner_id: UUID) -> list[TaskList]:
    """Return all lists in their order, locked: of two moves the second one sees the first."""
    mine = select(TaskList).where(col(TaskList.owner_id) == owner_id).order_by(col(TaskList.id))
    locked = mine.with_for_update(key_share=True).execution_options(populate_existing=True)
    # sorted here: the database sorts before it waits for locks, by what was there then
    return sorted(
        await session.scalars(locked), key=lambda one: (not one.is_inbox, one.position, one.id)
    )


def _place(others: Sequence[TaskList], move: ListMove) -> int:
    """Return the index among the others where a list goes. Raises `NotASiblingError`."""
    after, wanted = move.before_id is None, move.after_id or move.before_id
    if wanted is None:
        return len(others)
    for index, one in enumerate(others):
        if one.id == wanted and one.deleted_at is None and (after or not one.is_inbox):
            return index + after
    raise NotASiblingError(field="body.after_id" if after else "body.before_id")


def _put(moved: TaskList, others: Sequence[TaskList], place: int) -> None:
    """Give a list a position before the one at `place`; all get new ones where there is no room."""
    low = others[place - 1] if place else None
    high = others[place] if place < len(others) else None
    position = between(
        None if low is None or low.is_inbox else low.position,  # it is first whatever its position
        None if high is None else high.position,
    )
    if position is not None and len(position) <= LONGEST:
        moved.position = position
        return
    in_order = [*others[:place], moved, *others[place:]]
    for one, new in zip(in_order, spread(len(in_order)), strict=True):
        one.position = new
