"""The lists and labels that an import puts tasks into: found again, or made. Once for each part.

For holders of `locks.lock_tasks_of` only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.db import METADATA
from taskbell.labels import service as labels
from taskbell.labels.errors import TooManyLabelsError
from taskbell.labels.models import Label
from taskbell.labels.names import name_key
from taskbell.lists import service as lists
from taskbell.lists.errors import TooManyListsError
from taskbell.lists.models import TaskList
from taskbell.positions import spread
from taskbell.transfer.identity import derived_id
from taskbell.transfer.items import ImportedFile, ImportedLabel, ImportedList, Source


@dataclass(frozen=True)
class Whose:
    """Whose import it is, of what, and whether it only looks."""

    owner_id: UUID
    source: Source
    dry_run: bool
    at: datetime


@dataclass(frozen=True)
class Lists:
    """The lists that keys of a file stand for, and which of those are in the trash.

    While one is, None stands among them for the inbox.
    """

    ids: Mapping[str | None, UUID]
    trashed: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class _Found:
    id: UUID
    name_key: str
    is_open: bool
    is_inbox: bool
    in_trash: bool


async def find_lists(
    session: AsyncSession, whose: Whose, file: ImportedFile, wanted: Collection[str | None]
) -> Lists:
    """Return the lists that the file's `wanted` keys stand for; those that are missing are made.

    A list is known by its key from an earlier import; or it is an open one of the same name, which
    goes to the first list of the file that is called so. None stands for the inbox. A dry run makes
    none, the ids are of those it would make. Raises `TooManyListsError`.
    """
    there = await _lists_of(session, whose.owner_id)
    by_id = {one.id: one for one in there}
    ids: dict[str | None, UUID] = {}
    missing: list[tuple[UUID, ImportedList]] = []
    named = _by_name(whose, file, there)
    inboxes: list[str | None] = [None] if None in wanted else []
    trashed: set[UUID] = set()
    for listed in file.lists:
        if listed.key not in wanted:
            continue
        own = _own_id(whose, listed, by_id)
        if listed.is_inbox:
            inboxes.append(listed.key)
        elif own in by_id:
            ids[listed.key] = own
            if by_id[own].in_trash:
                trashed.add(own)
        elif listed.key in named:
            ids[listed.key] = named[listed.key]
        else:
            ids[listed.key] = own
            missing.append((own, listed))
            if listed.deleted_at is not None:
                trashed.add(own)
    if inboxes or trashed:
        inbox = await lists.resolve(session, owner_id=whose.owner_id, list_id=None)
        ids |= dict.fromkeys([None, *inboxes], inbox)
    if len(there) + len(missing) > lists.MOST_LISTS:
        raise TooManyListsError
    if missing and not whose.dry_run:
        await _make_lists(session, whose, missing)
    return Lists(ids, frozenset(trashed))


async def _lists_of(session: AsyncSession, owner_id: UUID) -> list[_Found]:
    rows = await session.execute(
        select(
            col(TaskList.id),
            col(TaskList.name),
            col(TaskList.is_inbox),
            col(TaskList.archived_at),
            col(TaskList.deleted_at),
        )
        .where(col(TaskList.owner_id) == owner_id)
        .order_by(col(TaskList.is_inbox).desc(), col(TaskList.position), col(TaskList.id))
    )
    return [
        _Found(
            id=row.id,
            name_key=name_key(row.name),
            is_open=row.archived_at is None and row.deleted_at is None,
            is_inbox=row.is_inbox,
            in_trash=row.deleted_at is not None,
        )
        for row in rows
    ]


def _own_id(whose: Whose, listed: ImportedList, by_id: Mapping[UUID, _Found]) -> UUID:
    """Return the id a list has from an earlier import, or gets: another one while that is in the
    trash, unless the file has it there too.
    """
    for nth in count():
        key = listed.key if nth == 0 else f"{listed.key}\x00{nth}"
        own = derived_id(whose.owner_id, whose.source, "list", key, None)
        there = by_id.get(own)
        if there is None or not there.in_trash or listed.deleted_at is not None:
            return own
    raise AssertionError("count() does not end")


def _by_name(whose: Whose, file: ImportedFile, there: Sequence[_Found]) -> dict[str, UUID]:
    """Return for lists of the file the open list there is of that name; each for one of them."""
    of_file = {
        derived_id(whose.owner_id, whose.source, "list", one.key, None) for one in file.lists
    }
    free = {
        one.name_key: one.id for one in reversed(there) if one.is_open and one.id not in of_file
    }
    named: dict[str, UUID] = {}
    for listed in file.lists:
        found = free.get(name_key(listed.name))
        if found is not None and not listed.archived and listed.deleted_at is None:
            named[listed.key] = found
            del free[name_key(listed.name)]
    return named


async def _make_lists(
    session: AsyncSession, whose: Whose, missing: Sequence[tuple[UUID, ImportedList]]
) -> None:
    positions = spread(len(missing))
    rows = [
        {
            "id": own,
            "owner_id": whose.owner_id,
            "name": listed.name,
            "color": listed.color,
            "is_inbox": False,
            "position": position,
            "version": 1,
            "created_at": whose.at,
            "updated_at": whose.at,
            "archived_at": whose.at if listed.archived else None,
            "deleted_at": listed.deleted_at and min(listed.deleted_at, whose.at),
        }
        for (own, listed), position in zip(missing, positions, strict=True)
    ]
    await session.execute(insert(METADATA.tables[str(TaskList.__tablename__)]), rows)


async def find_labels(
    session: AsyncSession, whose: Whose, file: ImportedFile, used: Iterable[str]
) -> Mapping[str, str]:
    """Return the names of labels as they are written here; those that are missing are made.

    Raises `TooManyLabelsError`.
    """
    names = list(dict.fromkeys(used))
    if not names:
        return {}
    before = select(col(Label.name_key)).where(col(Label.owner_id) == whose.owner_id)
    there = set(await session.scalars(before))
    made = {name_key(name) for name in names} - there
    if len(there) + len(made) > labels.MOST_LABELS:
        raise TooManyLabelsError
    if whose.dry_run:
        return {name: name for name in names}
    written = await labels.resolve_names(session, owner_id=whose.owner_id, names=names)
    await _color(
        session, whose.owner_id, [one for one in file.labels if name_key(one.name) in made]
    )
    by_key = {name_key(name): name for name in written}
    return {name: by_key[name_key(name)] for name in names}


async def _color(session: AsyncSession, owner_id: UUID, made: Sequence[ImportedLabel]) -> None:
    colors = {name_key(one.name): one.color for one in made if one.color is not None}
    for color in set(colors.values()):
        keys = [key for key, one in colors.items() if one == color]
        await session.execute(
            update(Label)
            .where(col(Label.owner_id) == owner_id, col(Label.name_key).in_(keys))
            .values(color=color)
            .execution_options(synchronize_session=False)
        )
