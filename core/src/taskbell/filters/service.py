"""What can be done with saved filters."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.filters.errors import (
    FilterChangedError,
    FilterExistsError,
    FilterIdTakenError,
    FilterNotFoundError,
    TooManyFiltersError,
)
from taskbell.filters.models import SavedFilter
from taskbell.filters.schemas import FilterCreate, FilterPatch
from taskbell.ids import new_id
from taskbell.labels.changes import follows_labels
from taskbell.labels.names import name_key
from taskbell.locks import lock_tasks_of
from taskbell.tasks.parameters import TaskParameters

MOST_FILTERS = 200


async def create_filter(session: AsyncSession, *, owner_id: UUID, new: FilterCreate) -> SavedFilter:
    """Add a filter, behind all others.

    Raises `FilterExistsError`, `FilterIdTakenError`, `TooManyFiltersError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)  # filters are counted in turn
    mine = col(SavedFilter.owner_id) == owner_id
    count = select(func.count()).select_from(SavedFilter).where(mine)
    if (await session.scalar(count) or 0) >= MOST_FILTERS:
        raise TooManyFiltersError
    key = name_key(new.name)
    await _check_free(session, owner_id, key)
    moment = now()
    made = SavedFilter(
        id=new.id or new_id(),
        owner_id=owner_id,
        name=new.name,
        name_key=key,
        color=new.color,
        query=_stored(new.query),
        created_at=moment,
        updated_at=moment,
    )
    session.add(made)
    await _flush(session)
    return made


async def get_filter(session: AsyncSession, *, owner_id: UUID, filter_id: UUID) -> SavedFilter:
    """Return a filter. Raises `FilterNotFoundError`."""
    return await _get(session, owner_id, filter_id)


async def list_filters(session: AsyncSession, *, owner_id: UUID) -> Sequence[SavedFilter]:
    """Return a user's filters in their order."""
    mine = select(SavedFilter).where(col(SavedFilter.owner_id) == owner_id)
    in_order = mine.order_by(col(SavedFilter.position), col(SavedFilter.id))
    return (await session.scalars(in_order)).all()


async def update_filter(
    session: AsyncSession,
    *,
    owner_id: UUID,
    filter_id: UUID,
    patch: FilterPatch,
    if_version: int | None = None,
) -> SavedFilter:
    """Merge a patch into a filter: absent fields are untouched.

    Raises `FilterNotFoundError`, `FilterChangedError`, `FilterExistsError`.
    """
    given = patch.model_dump(exclude_unset=True, exclude={"query"})
    if "name" in given:
        await lock_tasks_of(session, owner_id=owner_id)  # filters are named in turn
    found = await _lock(session, owner_id, filter_id, if_version)
    if "query" in patch.model_fields_set:
        given["query"] = _stored(patch.query)
    changes = {name: value for name, value in given.items() if getattr(found, name) != value}
    key = name_key(changes.get("name", found.name))
    if key != found.name_key:
        await _check_free(session, owner_id, key)
    for name, value in changes.items():
        setattr(found, name, value)
    if changes:
        found.name_key = key
        _touch(found)
        await session.flush()
    return found


async def delete_filter(
    session: AsyncSession, *, owner_id: UUID, filter_id: UUID, if_version: int | None = None
) -> None:
    """Delete a filter, and the calendar feeds that show it.

    Raises `FilterNotFoundError`, `FilterChangedError`.
    """
    found = await _lock(session, owner_id, filter_id, if_version)
    await session.delete(found)
    await session.flush()


@follows_labels
async def rename_label(session: AsyncSession, *, owner_id: UUID, old: str, new: str | None) -> None:
    """Let filters look for a label by its new name; for one that is deleted they find nothing."""
    if new is None:
        return
    theirs = (
        select(SavedFilter)
        .where(col(SavedFilter.owner_id) == owner_id, col(SavedFilter.query).op("?")("label"))
        .order_by(col(SavedFilter.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    key = name_key(old)
    for one in await session.scalars(theirs):
        names = [new if name_key(name) == key else name for name in one.query["label"]]
        if names != one.query["label"]:
            one.query = one.query | {"label": names}
            _touch(one)
    await session.flush()


def _stored(query: TaskParameters) -> dict[str, Any]:
    return query.model_dump(mode="json", exclude_unset=True, exclude_none=True)


async def _get(
    session: AsyncSession, owner_id: UUID, filter_id: UUID, *, lock: bool = False
) -> SavedFilter:
    statement = select(SavedFilter).where(
        col(SavedFilter.id) == filter_id, col(SavedFilter.owner_id) == owner_id
    )
    if lock:
        # what another request committed while this one waited must be seen
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = await session.scalar(statement)
    if found is None:
        raise FilterNotFoundError
    return found


async def _lock(
    session: AsyncSession, owner_id: UUID, filter_id: UUID, if_version: int | None
) -> SavedFilter:
    found = await _get(session, owner_id, filter_id, lock=True)
    if if_version is not None and found.version != if_version:
        raise FilterChangedError
    return found


def _touch(found: SavedFilter) -> None:
    found.version += 1
    found.updated_at = max(now(), found.updated_at)


async def _check_free(session: AsyncSession, owner_id: UUID, key: str) -> None:
    """Raise `FilterExistsError` for a name that is taken; for holders of the lock.

    Not left to the database: it would write the name into its log.
    """
    taken = select(1).where(col(SavedFilter.owner_id) == owner_id, col(SavedFilter.name_key) == key)
    if await session.scalar(taken):
        raise FilterExistsError


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "pk_saved_filter":
            raise FilterIdTakenError from None
        raise
