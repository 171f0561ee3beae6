"""Tasks as they are read to be shown: plain values that no session watches."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.db import METADATA
from taskbell.statements import Executor, Statement
from taskbell.tasks.errors import TaskNotFoundError
from taskbell.tasks.models import Task

TASK = METADATA.tables[str(Task.__tablename__)]


class TaskRow(NamedTuple):
    """A task (see `Task` for its fields), and the zone of whoever looks at it."""

    id: UUID
    owner_id: UUID
    list_id: UUID
    parent_id: UUID | None
    title: str
    description: str
    priority: int
    label_names: str
    position: str
    completed_at: datetime | None
    due_date: date | None
    due_at: datetime | None
    time_zone: str
    start_date: date | None
    rrule: str | None
    repeat_anchor: str | None
    occurrence: str | None
    reminders_count: int
    subtasks_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    viewer_zone: str

    @property
    def completed(self) -> bool:
        """Whether it is done."""
        return self.completed_at is not None


def columns(viewer: str, row: Any = TASK) -> list[ColumnElement[Any]]:
    """Return what a statement returns to make a `TaskRow`; `viewer`: the parameter of their id."""
    who = bindparam(viewer, type_=Uuid())
    # a subquery of its own: looked up once, not for each task
    zone = select(cast(col(User.time_zone), String)).where(col(User.id) == who)
    own = [row.c[name] for name in TaskRow._fields if name != "viewer_zone"]
    return [*own, zone.correlate(None).scalar_subquery().label("viewer_zone")]


_READ = Statement(
    select(*columns("owner_id")).where(
        TASK.c.id == bindparam("task_id", type_=Uuid()),
        TASK.c.owner_id == bindparam("owner_id", type_=Uuid()),
    ),
    into=TaskRow,
)


async def read(executor: Executor, *, owner_id: UUID, task_id: UUID) -> TaskRow:
    """Return a task as it is shown. Raises `TaskNotFoundError`."""
    found = await _READ.first(executor, owner_id=owner_id, task_id=task_id)
    if found is None:
        raise TaskNotFoundError
    return found


async def read_many(
    session: AsyncSession, *, owner_id: UUID, task_ids: Collection[UUID]
) -> dict[UUID, TaskRow]:
    """Return tasks by their ids, as they are shown; those that there are not are left out."""
    wanted = select(*columns("owner_id")).where(
        TASK.c.id.in_(task_ids), TASK.c.owner_id == bindparam("owner_id", type_=Uuid())
    )
    found = [TaskRow(*row) for row in await session.execute(wanted, {"owner_id": owner_id})]
    return {task.id: task for task in found}
