"""All tasks of a user as one document, made and sent page by page.

Each page is a transaction of its own: whoever downloads slowly holds no connection, and the process
holds no more than a page. What changes meanwhile is in the document as it was or as it is.
"""

import csv
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import Database
from taskbell.labels.models import Label
from taskbell.lists.models import TaskList
from taskbell.reminders.models import Reminder
from taskbell.tasks.models import TaskCompletion
from taskbell.tasks.rows import TASK, TaskRow, columns
from taskbell.tasks.schemas import TaskOut
from taskbell.times import to_wire
from taskbell.transfer.taskbell import FORMAT

PAGE = 500
"""Tasks read at once: half a megabyte, five megabytes at most."""

CSV_COLUMNS = (
    "id", "list", "parent_id", "title", "description", "priority", "labels", "completed",
    "completed_at", "due_date", "due_at", "time_zone", "start_date", "rrule", "anchor",
    "created_at", "updated_at", "deleted_at",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Object = dict[str, Any]


@dataclass
class _Page:
    """Some tasks with what belongs to them; `following` is where the next page begins."""

    tasks: list[tuple[TaskRow, Any]] = field(default_factory=list)
    reminders: Mapping[UUID, list[Object]] = field(default_factory=dict)
    completions: Mapping[UUID, list[Object]] = field(default_factory=dict)
    following: Any = None


async def as_json(
    database: Database, *, owner_id: UUID, trashed: bool = False
) -> AsyncIterator[bytes]:
    """Yield the document that an import of our own takes back; `trashed`: with the trash."""
    async with database.transaction() as session:
        lists = await _lists(session, owner_id, trashed)
        labels = await _labels(session, owner_id)
    yield f'{{"format":"{FORMAT}","made_at":"{to_wire(now())}"'.encode()
    yield f',\n"lists":{_array(lists)},\n"labels":{_array(labels)},\n"tasks":['.encode()
    separator = "\n"
    async for page in _pages(database, owner_id, trashed):
        moment = now()
        for task, more in page.tasks:
            yield (separator + _line(_task(task, more, page, moment))).encode()
            separator = ",\n"
    yield b"\n]}\n"


async def as_csv(
    database: Database, *, owner_id: UUID, trashed: bool = False
) -> AsyncIterator[bytes]:
    """Yield a table of tasks (RFC 4180, UTF-8 with a mark, by which spreadsheets know it).

    Texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    async with database.transaction() as session:
        lists = {one["id"]: one["name"] for one in await _lists(session, owner_id, trashed)}
    yield b"\xef\xbb\xbf" + _cells([CSV_COLUMNS])
    async for page in _pages(database, owner_id, trashed):
        moment = now()
        yield _cells(
            _row(TaskOut.of(task, at=moment), lists.get(str(task.list_id), ""))
            for task, _ in page.tasks
        )


def _line(value: Object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _array(values: Iterable[Object]) -> str:
    lines = ",\n".join(map(_line, values))
    return f"[\n{lines}\n]" if lines else "[]"


async def _lists(session: AsyncSession, owner_id: UUID, trashed: bool) -> list[Object]:
    mine = select(TaskList).where(col(TaskList.owner_id) == owner_id)
    if not trashed:
        mine = mine.where(col(TaskList.deleted_at).is_(None))
    found = await session.scalars(mine.order_by(col(TaskList.position), col(TaskList.id)))
    return [
        one.model_dump(mode="json", exclude={"owner_id", "archived_at"})
        | {"archived": one.archived_at is not None}
        for one in found
    ]


async def _labels(session: AsyncSession, owner_id: UUID) -> list[Object]:
    mine = select(Label).where(col(Label.owner_id) == owner_id).order_by(col(Label.name_key))
    return [
        one.model_dump(mode="json", exclude={"owner_id", "name_key"})
        for one in await session.scalars(mine)
    ]


async def _pages(database: Database, owner_id: UUID, trashed: bool) -> AsyncIterator[_Page]:
    for in_trash in (False, True) if trashed else (False,):
        after: Any = None
        while True:
            async with database.transaction() as session:
                page = await _page(session, owner_id, in_trash, after)
            if page.tasks:
                yield page
            if page.following is None:
                break
            after = page.following


async def _page(session: AsyncSession, owner_id: UUID, in_trash: bool, after: Any) -> _Page:
    # each by an index: ix_task_owner_created, ix_task_trashed
    first = func.coalesce(TASK.c.trash_id, TASK.c.id) if in_trash else TASK.c.created_at
    more = [TASK.c.repeat_start, TASK.c.occurrence_number, TASK.c.trash_id]
    wanted = select(*columns("owner_id"), *more).where(
        TASK.c.owner_id == owner_id,
        TASK.c.deleted_at.is_not(None) if in_trash else TASK.c.deleted_at.is_(None),
    )
    if after is not None:
        wanted = wanted.where(tuple_(first, TASK.c.id) > tuple_(*after))
    rows = (
        await session.execute(wanted.order_by(first, TASK.c.id).limit(PAGE), {"owner_id": owner_id})
    ).all()
    tasks = [(TaskRow(*row[: -len(more)]), row) for row in rows]
    page = _Page(tasks)
    if len(rows) == PAGE:
        last = rows[-1]
        page.following = (last.trash_id or last.id if in_trash else last.created_at, last.id)
    reminded = [task.id for task, _ in tasks if task.reminders_count]
    page.reminders = await _of_tasks(session, Reminder, reminded)
    repeating = [task.id for task, _ in tasks if task.rrule is not None]
    page.completions = await _of_tasks(session, TaskCompletion, repeating)
    return page


async def _of_tasks(
    session: AsyncSession, table: Any, ids: Sequence[UUID]
) -> Mapping[UUID, list[Object]]:
    found: defaultdict[UUID, list[Object]] = defaultdict(list)
    if ids:
        these = any_(bindparam("ids", value=list(ids), type_=ARRAY(Uuid)))
        wanted = select(table).where(col(table.task_id) == these).order_by(col(table.id))
        for one in await session.scalars(wanted):
            hidden = {"id", "task_id", "owner_id", "owed_at"}
            found[one.task_id].append(one.model_dump(mode="json", exclude=hidden))
    return found


def _task(task: TaskRow, more: Any, page: _Page, at: datetime) -> Object:
    shown: Object = TaskOut.of(task, at=at).model_dump(mode="json")
    shown["reminders"] = page.reminders.get(task.id, [])
    if more.repeat_start is not None:
        shown["series"] = {"start": more.repeat_start, "number": more.occurrence_number}
        shown["completions"] = page.completions.get(task.id, [])
    if more.trash_id is not None:
        shown["trash_id"] = str(more.trash_id)
    return shown


def _row(task: TaskOut, list_name: str) -> list[str]:
    values: Object = task.model_dump(mode="json")
    values["list"] = list_name
    values["labels"] = ", ".join(task.labels)
    values["rrule"] = task.recurrence.rrule if task.recurrence else None
    values["anchor"] = task.recurrence.anchor if task.recurrence else None
    return [_cell(values[name]) for name in CSV_COLUMNS]


def _cell(value: Literal[True, False] | str | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cells(rows: Iterable[Sequence[str]]) -> bytes:
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
