"""Writing an import, part by part: each is one transaction of some ten statements.

However many rows a part has, the statements are as many. A part begins where the one before ended,
by what the database says, so that a worker that was killed, or two at once, write nothing twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Uuid,
    column,
    insert,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.db import METADATA
from taskbell.locks import lock_tasks_of
from taskbell.positions import spread
from taskbell.reminders.models import Reminder
from taskbell.tasks.models import TaskCompletion
from taskbell.tasks.rows import TASK
from taskbell.transfer.building import columns
from taskbell.transfer.finding import find_tasks
from taskbell.transfer.identity import STABLE, derived_id
from taskbell.transfer.items import ImportedFile, ImportedItem, Source
from taskbell.transfer.models import TaskImportRow
from taskbell.transfer.places import Lists, find_labels, find_lists
from taskbell.transfer.placing import Outcome, Part, original_id, place

PART = 200
"""Rows of one transaction: some tens of milliseconds, while nobody else moves these tasks."""


def _table(model: type[Any]) -> Any:
    return METADATA.tables[str(model.__tablename__)]


COMPUTED = frozenset({"due_sort", "search"})
TAKEN = "Its id belongs to something else."


def task_ids(owner_id: UUID, source: Source, file: ImportedFile) -> dict[str, UUID]:
    """Return the id that each key of the file stands for."""
    known = source in STABLE
    return {
        item.key: derived_id(owner_id, source, "task", item.key, item.created_at if known else None)
        for item in file.items
        if item.outcome is None
    }


async def write_part(session: AsyncSession, part: Part) -> list[Outcome]:
    """Import the items of a part and return what became of them, in their order.

    Raises `TooManyListsError`, `TooManyLabelsError`.
    """
    await lock_tasks_of(session, owner_id=part.whose.owner_id)
    wanted = [item for item in part.items if item.outcome is None]
    part.there = await find_tasks(session, _involved(part, wanted))
    _know_originals(part, wanted)
    new = [item for item in wanted if not _is_known(part, item)]
    if part.list_id is None:
        keys = {item.list_key for item in new}
        if part.is_first:  # those without tasks too
            keys.update(one.key for one in part.file.lists)
        lists = await find_lists(session, part.whose, part.file, keys)
    else:
        lists = Lists(dict.fromkeys((item.list_key for item in new), part.list_id))
        _tell_lists(part, new)
    used = [name for item in new for name in item.labels]
    if part.is_first:
        used += [one.name for one in part.file.labels]
    names = await find_labels(session, part.whose, part.file, used)
    for item, position in zip(new, spread(len(new)), strict=True):
        place(part, item, lists, names, position)
    await _insert(session, part)
    for built in part.building:
        task_id = None if part.whose.dry_run else built.task.id
        part.outcomes.append(Outcome(built.item, "created", task_id))
    part.outcomes += [
        Outcome(item, item.outcome) for item in part.items if item.outcome is not None
    ]
    return part.outcomes


def _keys(wanted: Sequence[ImportedItem]) -> list[str]:
    keys = [item.key for item in wanted]
    keys += [item.parent_key for item in wanted if item.parent_key is not None]
    return list(dict.fromkeys(keys))


def _involved(part: Part, wanted: Sequence[ImportedItem]) -> list[UUID]:
    """Return the ids of tasks and their parents; of a file of our own, of the originals too."""
    keys = _keys(wanted)
    return [*(part.ids[key] for key in keys), *_originals(part, keys).values()]


def _originals(part: Part, keys: Iterable[str]) -> dict[str, UUID]:
    found = ((key, original_id(part, key)) for key in keys)
    return {key: original for key, original in found if original is not None}


def _know_originals(part: Part, wanted: Sequence[ImportedItem]) -> None:
    """Take tasks that were exported and are still there for what stands in the file."""
    for key, original in _originals(part, _keys(wanted)).items():
        known = part.there.get(original)
        if known is not None and known.owner_id == part.whose.owner_id:
            part.there.setdefault(part.ids[key], known)


def _is_known(part: Part, item: ImportedItem) -> bool:
    """Tell whether a task is not to be made: it is there, or its id is somebody else's."""
    known = part.there.get(part.ids[item.key])
    if known is None:
        return False
    if known.owner_id != part.whose.owner_id:
        # ids of tasks are made by clients too: nobody's tasks may end up below another's
        del part.there[part.ids[item.key]]
        item.leave("failed", TAKEN)
        return True
    item.say("It is there already, in the trash." if known.in_trash else "It is there already.")
    part.outcomes.append(Outcome(item, "duplicate", known.id))
    return True


def _tell_lists(part: Part, new: Sequence[ImportedItem]) -> None:
    """Say where tasks stand in the file that go to the list that was chosen."""
    names = {one.key: one.name for one in part.file.lists}
    for item in new:
        if item.parent_key is None and item.list_key in names:
            item.say(f"Its list in the file is {names[item.list_key]!r}.")


async def _insert(session: AsyncSession, part: Part) -> None:
    """Write the tasks and what belongs to them.

    That one of them was not there has just been seen, and only the owner's own requests could have
    added it since, which wait for our lock or fail: a conflict fails this attempt.
    """
    made = part.building
    if not made or part.whose.dry_run:
        return
    own = {built.task.id: built.task for built in made}
    elsewhere: Counter[UUID] = Counter()
    for task in own.values():
        if task.parent_id is None or task.deleted_at is not None:
            continue
        if task.parent_id in own:
            own[task.parent_id].subtasks_count += 1
        else:
            elsewhere[task.parent_id] += 1
    await _insert_all(session, TASK, own.values())
    await _insert_all(session, _table(Reminder), [one for b in made for one in b.reminders])
    await _insert_all(session, _table(TaskCompletion), [one for b in made for one in b.completions])
    await _count(session, elsewhere)


async def _insert_all(session: AsyncSession, table: Any, rows: Iterable[Any]) -> None:
    # into the table, not the model: the ORM makes a statement for each set of columns that are null
    if found := [columns(row, without=COMPUTED) for row in rows]:
        await session.execute(insert(table), found)


async def _count(session: AsyncSession, added: Mapping[UUID, int]) -> None:
    """Raise the number of subtasks of tasks that are there already."""
    if not added:
        return
    more = values(column("id", Uuid), column("added", Integer), name="more").data(
        list(added.items())
    )
    await session.execute(
        update(TASK)
        .where(TASK.c.id == more.c.id)
        .values(subtasks_count=TASK.c.subtasks_count + more.c.added)
    )


async def write_rows(
    session: AsyncSession, *, import_id: UUID, outcomes: Sequence[Outcome]
) -> None:
    """Write the report on some rows."""
    rows = [
        {
            "import_id": import_id,
            "number": one.item.number,
            "title": one.item.title,
            "outcome": one.outcome,
            "task_id": one.task_id,
            "messages": one.item.messages,
        }
        for one in outcomes
    ]
    if rows:
        await session.execute(insert(_table(TaskImportRow)), rows)
