"""The hot operations, each in one statement that is a transaction of its own.

A statement does the whole thing where nothing stands in the way, and nothing at all otherwise. Then
`service.py` does it step by step in a transaction, or says why not: what is right is decided there.

Each is given the `session_id` of the caller's sign-in, and raises `SessionEndedError` when that has
ended; None for callers that were looked up already, and other programs than the API.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database, Timestamp
from taskbell.ids import new_id
from taskbell.lists.models import TaskList
from taskbell.statements import Statement
from taskbell.tasks import service
from taskbell.tasks.errors import TaskNotFoundError
from taskbell.tasks.models import Priority, Task
from taskbell.tasks.rows import COLUMNS, TASK, TaskRow
from taskbell.tasks.schemas import TaskCreate, TaskPatch

_MINE = and_(
    TASK.c.id == bindparam("task_id", type_=Uuid()),
    TASK.c.owner_id == bindparam("caller_id", type_=Uuid()),
    live.lives(),
)
_GET = Statement(select(*COLUMNS).where(_MINE), into=TaskRow)


async def get_task(
    database: Database, *, owner_id: UUID, session_id: UUID | None = None, task_id: UUID
) -> TaskRow:
    """Return a task, trashed or not. Raises `TaskNotFoundError`."""
    task = await _GET.first(database, caller_id=owner_id, session_id=session_id, task_id=task_id)
    if task is None:
        await live.check(database, session_id=session_id)
        raise TaskNotFoundError
    return task


_GIVEN = ("id", "title", "description", "priority", "due_date", "due_at", "start_date")
_MOMENT = bindparam("moment", type_=Timestamp())


def _create(chosen: ColumnElement[bool]) -> Statement[TaskRow]:
    """Return the insertion into a list, which must be the caller's."""
    row: dict[str, Any] = {name: bindparam(name, type_=TASK.c[name].type) for name in _GIVEN} | {
        "owner_id": TaskList.owner_id,
        "list_id": TaskList.id,
        "time_zone": func.coalesce(bindparam("time_zone", type_=String()), col(User.time_zone)),
        "reminders_count": literal(0),
        "version": literal(1),
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    }
    into = (
        select(*row.values())
        .join(User, col(User.id) == col(TaskList.owner_id))
        .where(col(TaskList.owner_id) == bindparam("caller_id"), live.lives(), chosen)
    )
    return Statement(
        insert(TASK)
        .from_select(list(row), into)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(*COLUMNS),
        into=TaskRow,
    )


_CREATE = _create(col(TaskList.id) == bindparam("list_id"))
_CREATE_IN_INBOX = _create(col(TaskList.is_inbox).is_(True))


async def create_task(
    database: Database, *, owner_id: UUID, session_id: UUID | None = None, new: TaskCreate
) -> TaskRow | Task:
    """Add a task; raises what `service.create_task` raises."""
    moment = now()
    service.check_new(new, at=moment)
    values = new.model_dump(exclude={"list_id"})
    values["id"] = new.id or new_id()
    values["priority"] = Priority[new.priority]
    if new.list_id is None:
        statement = _CREATE_IN_INBOX
    else:
        statement, values["list_id"] = _CREATE, new.list_id
    task = await statement.first(
        database, **values, caller_id=owner_id, session_id=session_id, moment=moment
    )
    if task is not None:
        return task
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        return await service.create_task(session, owner_id=owner_id, new=new)


def _change(
    *differs: ColumnElement[bool], moves_reminders: bool, **values: ColumnElement[Any]
) -> Statement[TaskRow]:
    """Return the change of a live task, of the version asked for, that really changes it.

    One that reminders have to follow is left to the service.
    """
    unseen = bindparam("if_version", type_=Integer())
    conditions = [
        _MINE,
        TASK.c.deleted_at.is_(None),
        TASK.c.version == func.coalesce(unseen, TASK.c.version),
    ]
    if differs:
        conditions.append(or_(*differs))
    if moves_reminders:
        conditions.append(TASK.c.reminders_count == 0)
    return Statement(
        update(TASK)
        .where(*conditions)
        .values(
            **values,
            version=TASK.c.version + 1,
            updated_at=func.greatest(TASK.c.updated_at, _MOMENT),
        )
        .returning(*COLUMNS),
        into=TaskRow,
    )


_WANTED = func.coalesce(bindparam("wanted", type_=Boolean()), TASK.c.completed_at.is_(None))
_COMPLETE = _change(
    TASK.c.completed_at.is_not(None) != _WANTED,
    moves_reminders=True,
    completed_at=case((_WANTED, _MOMENT)),
)


async def set_completed(
    database: Database,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    task_id: UUID,
    completed: bool | None = None,
    if_version: int | None = None,
) -> TaskRow | Task:
    """Complete a task or take that back; as `service.set_completed`."""
    task = await _COMPLETE.first(
        database,
        caller_id=owner_id,
        session_id=session_id,
        task_id=task_id,
        wanted=completed,
        if_version=if_version,
        moment=now(),
    )
    if task is not None:
        return task
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        return await service.set_completed(
            session,
            owner_id=owner_id,
            task_id=task_id,
            completed=completed,
            if_version=if_version,
        )


_TRASH = _change(moves_reminders=True, deleted_at=_MOMENT)


async def trash_task(
    database: Database,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    task_id: UUID,
    if_version: int | None = None,
) -> None:
    """Move a task to the trash; as `service.trash_task`."""
    task = await _TRASH.first(
        database,
        caller_id=owner_id,
        session_id=session_id,
        task_id=task_id,
        if_version=if_version,
        moment=now(),
    )
    if task is None:
        async with database.transaction() as session:
            await live.check(session, session_id=session_id)
            await service.trash_task(
                session, owner_id=owner_id, task_id=task_id, if_version=if_version
            )


_PLAIN = frozenset({"title", "description", "priority", "due_date", "due_at", "start_date"})
_MOVES_REMINDERS = frozenset({"due_date", "due_at"})


@cache
def _update(names: frozenset[str]) -> Statement[TaskRow]:
    # sets what is changed only: setting a text anew would cost its search words anew
    values: dict[str, ColumnElement[Any]] = {
        name: bindparam(f"new_{name}", type_=TASK.c[name].type) for name in sorted(names)
    }
    differs = [TASK.c[name].is_distinct_from(value) for name, value in values.items()]
    return _change(*differs, moves_reminders=bool(names & _MOVES_REMINDERS), **values)


async def update_task(
    database: Database,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    task_id: UUID,
    patch: TaskPatch,
    if_version: int | None = None,
) -> TaskRow | Task:
    """Merge a patch into a task; as `service.update_task`."""
    changes = service.changes_of(patch)
    names = frozenset(changes)
    if names and names <= _PLAIN:
        task = await _update(names).first(
            database,
            caller_id=owner_id,
            session_id=session_id,
            task_id=task_id,
            if_version=if_version,
            moment=now(),
            **{f"new_{name}": value for name, value in changes.items()},
        )
        if task is not None:
            return task
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        return await service.update_task(
            session, owner_id=owner_id, task_id=task_id, patch=patch, if_version=if_version
        )
