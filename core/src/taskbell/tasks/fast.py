"""The hot operations, each in one statement that is a transaction of its own.

A statement does the whole thing where nothing stands in the way, and nothing at all otherwise. Then
`service.py` does it step by step in a transaction, or says why not: what is right is decided there.

Each is given the `session_id` of the caller's sign-in, and raises `SessionEndedError` when that has
ended; None for callers that were looked up already, and other programs than the API.
"""

from collections.abc import Iterable
from datetime import datetime
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
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import METADATA, Database, Timestamp
from taskbell.ids import new_id
from taskbell.lists.models import TaskList
from taskbell.notifications.models import NotificationPreference
from taskbell.positions import at_end
from taskbell.statements import Statement
from taskbell.tasks import completion, service, trash
from taskbell.tasks.activity import Action
from taskbell.tasks.completion import Subtasks
from taskbell.tasks.errors import TaskNotFoundError
from taskbell.tasks.models import Priority, TaskActivity
from taskbell.tasks.rows import TASK, TaskRow, columns, read
from taskbell.tasks.schemas import TaskCreate, TaskPatch

_MINE = and_(
    TASK.c.id == bindparam("task_id", type_=Uuid()),
    TASK.c.owner_id == bindparam("caller_id", type_=Uuid()),
    live.lives(),
)
_GET = Statement(select(*columns("caller_id")).where(_MINE), into=TaskRow)


async def get_task(
    database: Database, *, owner_id: UUID, session_id: UUID | None = None, task_id: UUID
) -> TaskRow:
    """Return a task, trashed or not. Raises `TaskNotFoundError`."""
    task = await _GET.first(database, caller_id=owner_id, session_id=session_id, task_id=task_id)
    if task is None:
        await live.check(database, session_id=session_id)
        raise TaskNotFoundError
    return task


_GIVEN = ("id", "title", "description", "priority", "due_date", "due_at", "start_date", "position")
_MOMENT = bindparam("moment", type_=Timestamp())


_REMINDED = (
    select(col(NotificationPreference.user_id))
    .where(
        col(NotificationPreference.user_id) == bindparam("caller_id"),
        col(NotificationPreference.default_reminder_minutes).is_not(None),
    )
    .exists()
)
"""The caller wants a reminder for each new task that is due at an instant."""


def _create(chosen: ColumnElement[bool]) -> Statement[TaskRow]:
    """Return the insertion into a list, which must be the caller's."""
    row: dict[str, Any] = {name: bindparam(name, type_=TASK.c[name].type) for name in _GIVEN} | {
        "owner_id": TaskList.owner_id,
        "list_id": TaskList.id,
        "time_zone": func.coalesce(bindparam("time_zone", type_=String()), col(User.time_zone)),
        "label_names": literal(""),
        "reminders_count": literal(0),
        "subtasks_count": literal(0),
        "version": literal(1),
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    }
    into = (
        select(*row.values())
        .join(User, col(User.id) == col(TaskList.owner_id))
        .where(
            col(TaskList.owner_id) == bindparam("caller_id"),
            col(TaskList.archived_at).is_(None),
            col(TaskList.deleted_at).is_(None),
            live.lives(),
            or_(bindparam("unreminded", type_=Boolean()), ~_REMINDED),
            chosen,
        )
        # what archives or trashes it has to wait, or is waited for and then seen
        .with_for_update(read=True, key_share=True, of=TaskList)
    )
    return Statement(
        insert(TASK)
        .from_select(list(row), into)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(*columns("caller_id")),
        into=TaskRow,
    )


_CREATE = _create(col(TaskList.id) == bindparam("list_id"))
_CREATE_IN_INBOX = _create(col(TaskList.is_inbox).is_(True))


async def create_task(
    database: Database, *, owner_id: UUID, session_id: UUID | None = None, new: TaskCreate
) -> TaskRow:
    """Add a task; raises what `service.create_task` raises."""
    moment = now()
    service.check_new(new, at=moment)
    if new.parent_id is None and not new.labels and new.recurrence is None:
        values = new.model_dump(include=set(_GIVEN) | {"time_zone"})
        values["unreminded"] = new.due_at is None or not new.default_reminder
        values |= {"id": new.id or new_id(), "priority": Priority[new.priority]}
        values |= {"position": at_end(), "moment": moment}
        if new.list_id is None:
            statement = _CREATE_IN_INBOX
        else:
            statement, values["list_id"] = _CREATE, new.list_id
        task = await statement.first(database, **values, caller_id=owner_id, session_id=session_id)
        if task is not None:
            return task
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        made = await service.create_task(session, owner_id=owner_id, new=new)
        return await read(session, owner_id=owner_id, task_id=made.id)


_SHOWN = [name for name in TaskRow._fields if name in TASK.c]
_ACTIVITY = METADATA.tables[str(TaskActivity.__tablename__)]


def _change(
    action: Action | None,
    *differs: ColumnElement[bool],
    alone: ColumnElement[bool],
    **values: ColumnElement[Any],
) -> Statement[TaskRow]:
    """Return the change of a live task, of the version asked for, that really changes it.

    It notes what it changes, as `action`; None is for completed or reopened. `alone`: the condition
    that nothing else has to change with it; what has is left to the service.
    """
    unseen = bindparam("if_version", type_=Integer())
    conditions = [
        _MINE,
        TASK.c.deleted_at.is_(None),
        TASK.c.version == func.coalesce(unseen, TASK.c.version),
        alone,
    ]
    if differs:
        conditions.append(or_(*differs))
    old = (
        select(TASK.c.id, *(TASK.c[name] for name in values))
        .where(*conditions)
        .with_for_update(key_share=True)
        .cte("old")
    )
    changed = (
        update(TASK)
        .where(TASK.c.id == old.c.id)
        .values(
            **values,
            version=TASK.c.version + 1,
            updated_at=func.greatest(TASK.c.updated_at, _MOMENT),
        )
        .returning(*(TASK.c[name] for name in dict.fromkeys((*_SHOWN, *values))))
        .cte("changed")
    )
    if action is None:
        made: Any = case((changed.c.completed_at.is_not(None), "completed"), else_="reopened")
    else:
        made = literal(action)
    note: dict[str, Any] = {
        "task_id": changed.c.id,
        "version": changed.c.version,
        "actor_id": bindparam("caller_id", type_=Uuid()),
        "via": bindparam("via", type_=String()),
        "action": made,
        "at": _MOMENT,
        "before": _differing(old, changed, values, of=old),
        "after": _differing(old, changed, values, of=changed),
    }
    noted = (
        insert(_ACTIVITY)
        .from_select(
            list(note), select(*note.values()).join_from(changed, old, changed.c.id == old.c.id)
        )
        .cte("noted")
    )
    return Statement(
        select(*columns("caller_id", changed)).add_cte(noted),
        into=TaskRow,
    )


def _differing(old: Any, new: Any, names: Iterable[str], *, of: Any) -> ColumnElement[Any]:
    """Return the columns that differ as a JSON object, as `activity.difference` writes them."""
    parts: ColumnElement[Any] = literal_column("'{}'::jsonb", JSONB)
    for name in names:
        one = func.jsonb_build_object(literal_column(f"'{name}'"), of.c[name], type_=JSONB)
        differs = old.c[name].is_distinct_from(new.c[name])
        parts = parts.op("||")(case((differs, one), else_=literal_column("'{}'::jsonb", JSONB)))
    return parts


_ALONE = and_(TASK.c.reminders_count == 0, TASK.c.rrule.is_(None))
_WANTED = func.coalesce(bindparam("wanted", type_=Boolean()), TASK.c.completed_at.is_(None))
_COMPLETE = _change(
    None,
    TASK.c.completed_at.is_not(None) != _WANTED,
    alone=_ALONE,
    completed_at=case((_WANTED, _MOMENT)),
)


async def set_completed(
    database: Database,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    task_id: UUID,
    completed: bool | None = None,
    occurrence: str | None = None,
    subtasks: Subtasks = "keep",
    asked_at: datetime | None = None,
    if_version: int | None = None,
    via: str = "system",
) -> TaskRow:
    """Complete a task or take that back; as `completion.set_completed`."""
    moment = now()
    if occurrence is None and subtasks == "keep":
        task = await _COMPLETE.first(
            database,
            caller_id=owner_id,
            session_id=session_id,
            task_id=task_id,
            wanted=completed,
            if_version=if_version,
            moment=moment,
            via=via,
        )
        if task is not None:
            return task
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        await completion.set_completed(
            session,
            owner_id=owner_id,
            task_id=task_id,
            completed=completed,
            occurrence=occurrence,
            subtasks=subtasks,
            asked_at=asked_at or moment,
            if_version=if_version,
            via=via,
        )
        return await read(session, owner_id=owner_id, task_id=task_id)


_TRASH = _change(
    "deleted",
    alone=and_(TASK.c.reminders_count == 0, TASK.c.subtasks_count == 0, TASK.c.parent_id.is_(None)),
    deleted_at=_MOMENT,
    trash_id=TASK.c.id,
)


async def trash_task(
    database: Database,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    task_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> None:
    """Move a task to the trash; as `trash.trash_task`."""
    task = await _TRASH.first(
        database,
        caller_id=owner_id,
        session_id=session_id,
        task_id=task_id,
        if_version=if_version,
        moment=now(),
        via=via,
    )
    if task is None:
        async with database.transaction() as session:
            await live.check(session, session_id=session_id)
            await trash.trash_task(
                session, owner_id=owner_id, task_id=task_id, if_version=if_version, via=via
            )


_PLAIN = frozenset({"title", "description", "priority", "due_date", "due_at", "start_date"})
_DUE = frozenset({"due_date", "due_at"})


@cache
def _update(names: frozenset[str]) -> Statement[TaskRow]:
    # sets what is changed only: setting a text anew would cost its search words anew
    values: dict[str, ColumnElement[Any]] = {
        name: bindparam(f"new_{name}", type_=TASK.c[name].type) for name in sorted(names)
    }
    differs = [TASK.c[name].is_distinct_from(value) for name, value in values.items()]
    return _change("updated", *differs, alone=_ALONE if names & _DUE else true(), **values)


async def update_task(
    database: Database,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    task_id: UUID,
    patch: TaskPatch,
    if_version: int | None = None,
    via: str = "system",
) -> TaskRow:
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
            via=via,
            **{f"new_{name}": value for name, value in changes.items()},
        )
        if task is not None:
            return task
    async with database.transaction() as session:
        await live.check(session, session_id=session_id)
        await service.update_task(
            session,
            owner_id=owner_id,
            task_id=task_id,
            patch=patch,
            if_version=if_version,
            via=via,
        )
        return await read(session, owner_id=owner_id, task_id=task_id)
