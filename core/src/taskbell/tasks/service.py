"""What can be done with tasks. Completing them is in completion.py, the trash in trash.py, moving
in moving.py, reading lists of them in queries.py.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import service as accounts
from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.ids import new_id
from taskbell.labels import service as labels
from taskbell.lists import service as lists
from taskbell.locks import lock_tasks_of
from taskbell.recurrence.rules import Rule
from taskbell.tasks import following as _following  # noqa: F401 (registers itself)
from taskbell.tasks import repeats, tree
from taskbell.tasks.activity import Operation
from taskbell.tasks.changes import tell_of_new
from taskbell.tasks.errors import (
    DueInPastError,
    ParentInOtherListError,
    TaskChangedError,
    TaskIdTakenError,
    TaskNotFoundError,
    TwoDueTimesError,
)
from taskbell.tasks.models import Priority, Task
from taskbell.tasks.schemas import Recurrence, TaskCreate, TaskPatch, TaskPut

SHAPE = frozenset({"list_id", "parent_id", "labels"})
"""Changes of these take the lock of all tasks: they touch other rows than the task's own."""


async def create_task(session: AsyncSession, *, owner_id: UUID, new: TaskCreate) -> Task:
    """Add a task.

    Raises `DueInPastError`, `TwoDueTimesError`, `InvalidRecurrenceError`, `ListNotFoundError`,
    `ListArchivedError`, `TaskIdTakenError`, `TooManyLabelsError`, and of its parent
    `ParentNotFoundError`, `TooDeepError`, `ParentInOtherListError`.
    """
    moment = now()
    rule = check_new(new, at=moment)
    if new.parent_id is not None or new.labels:
        await lock_tasks_of(session, owner_id=owner_id)
    task = Task(
        **new.model_dump(include={"title", "description", "due_date", "due_at", "start_date"}),
        id=new.id or new_id(),
        owner_id=owner_id,
        priority=Priority[new.priority],
        list_id=await _list_of(session, owner_id, new),
        parent_id=new.parent_id,
        label_names=await _names(session, owner_id, new.labels),
        time_zone=new.time_zone or await own_zone(session, owner_id),
        created_at=moment,
        updated_at=moment,
    )
    if rule is not None and new.recurrence is not None:
        repeats.start(task, rule=rule, anchor=new.recurrence.anchor, at=moment)
    session.add(task)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "pk_task":
            raise TaskIdTakenError from None
        raise
    await tree.recount(session, [task.parent_id])
    if new.default_reminder and task.due_at is not None:
        await tell_of_new(session, task)
    return task


async def _list_of(session: AsyncSession, owner_id: UUID, new: TaskCreate) -> UUID:
    if new.parent_id is None:
        return await lists.resolve(session, owner_id=owner_id, list_id=new.list_id)
    parent = await tree.find_parent(session, owner_id=owner_id, parent_id=new.parent_id)
    if new.list_id not in (None, parent.list_id):
        raise ParentInOtherListError(field="body.list_id")
    return await lists.resolve(session, owner_id=owner_id, list_id=parent.list_id)


def check_new(new: TaskCreate, *, at: datetime) -> Rule | None:
    """Check what needs no database; return the rule by which it repeats.

    Raises `DueInPastError`, `TwoDueTimesError`, `InvalidRecurrenceError`.
    """
    if new.due_at is not None and new.due_at < at:
        raise DueInPastError(field="body.due_at")
    _check_one_due(new)
    return None if new.recurrence is None else repeats.parse_rule(new.recurrence.rrule)


async def get_task(session: AsyncSession, *, owner_id: UUID, task_id: UUID) -> Task:
    """Return a task, trashed or not. Raises `TaskNotFoundError`."""
    return await _get(session, owner_id, task_id)


async def update_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    patch: TaskPatch,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Merge a patch into a task: absent fields are untouched, null clears.

    Clearing `priority`, `description`, `labels`, `list_id` or `time_zone` brings back the default.
    Raises `TaskNotFoundError`, `TaskChangedError`, `TwoDueTimesError`, `RecurrenceNeedsDueError`,
    `InvalidRecurrenceError`, and what moving it raises.
    """
    changes = changes_of(patch)
    return await _change(session, owner_id, task_id, changes, if_version, via)


def changes_of(patch: TaskPatch) -> dict[str, Any]:
    """Return what a patch sets, as columns where it can. Raises `TwoDueTimesError`.

    A new kind of due time replaces the other one. `list_id`, `parent_id`, `labels`, `time_zone` and
    `recurrence` are as they were given: what they come to is still to be looked up.
    """
    _check_one_due(patch)
    changes = {name: getattr(patch, name) for name in patch.model_fields_set}
    if changes.get("due_at") is not None:
        changes["due_date"] = None
    elif changes.get("due_date") is not None:
        changes["due_at"] = None
    return _as_columns(changes)


async def replace_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    new: TaskPut,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Set every field of a task; raises what `update_task` raises.

    A series that is sent as it is goes on; another one begins.
    """
    _check_one_due(new)
    changes = _as_columns({name: getattr(new, name) for name in TaskPut.model_fields})
    if new.parent_id is not None and new.list_id is None:
        del changes["list_id"]
    return await _change(session, owner_id, task_id, changes, if_version, via, replaces=True)


async def _change(
    session: AsyncSession,
    owner_id: UUID,
    task_id: UUID,
    changes: dict[str, Any],
    if_version: int | None,
    via: str,
    *,
    replaces: bool = False,
) -> Task:
    if changes.keys() & SHAPE:
        await lock_tasks_of(session, owner_id=owner_id)
    operation = Operation(owner_id, via, now(), "updated")
    task = await lock_task(session, owner_id=owner_id, task_id=task_id, if_version=if_version)
    operation.watch(task)
    if "labels" in changes:
        changes["label_names"] = await _names(session, owner_id, changes.pop("labels") or [])
    if "time_zone" in changes and changes["time_zone"] is None:
        changes["time_zone"] = await own_zone(session, owner_id)
    place = {name: changes.pop(name, tree.ABSENT) for name in ("list_id", "parent_id")}
    repeat = changes.pop("recurrence", tree.ABSENT)
    if replaces and repeat is not None and _repeats_so(task, repeat) and _same_due(task, changes):
        repeat = tree.ABSENT
    with session.no_autoflush:  # on the way, it may be what the database refuses
        for name, value in changes.items():
            setattr(task, name, value)
        _repeat(task, repeat, at=operation.at)
        repeats.check_due(task)
    if any(one is not tree.ABSENT for one in place.values()):
        await tree.place(session, operation, task, **place)
    await operation.finish(session)
    return task


def _repeat(task: Task, wanted: Any, *, at: datetime) -> None:
    if wanted is tree.ABSENT:
        return
    if wanted is None:
        repeats.stop(task)
    else:
        rule = repeats.parse_rule(wanted.rrule)
        repeats.start(task, rule=rule, anchor=wanted.anchor, at=at)


def _repeats_so(task: Task, wanted: Recurrence) -> bool:
    return task.rrule is not None and (task.rrule, task.repeat_anchor) == (
        repeats.parse_rule(wanted.rrule).text,
        wanted.anchor,
    )


def _same_due(task: Task, changes: dict[str, Any]) -> bool:
    return all(
        changes.get(name) == getattr(task, name) for name in ("due_date", "due_at", "time_zone")
    )


async def _get(session: AsyncSession, owner_id: UUID, task_id: UUID, *, lock: bool = False) -> Task:
    statement = select(Task).where(col(Task.id) == task_id, col(Task.owner_id) == owner_id)
    if lock:
        # what another request committed while this one waited must be seen
        statement = statement.with_for_update().execution_options(populate_existing=True)
    task = await session.scalar(statement)
    if task is None:
        raise TaskNotFoundError
    return task


async def lock_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    if_version: int | None = None,
    trashed: bool = False,
) -> Task:
    """Return a task, locked; one in the trash only if `trashed`.

    Raises `TaskNotFoundError`, and `TaskChangedError` unless it is of `if_version`.
    """
    task = await _get(session, owner_id, task_id, lock=True)
    if task.deleted_at is not None and not trashed:
        raise TaskNotFoundError("The task is in the trash: restore it first")
    if if_version is not None and task.version != if_version:
        raise TaskChangedError
    return task


async def _names(session: AsyncSession, owner_id: UUID, names: list[str]) -> str:
    if not names:
        return ""
    return "\n".join(await labels.resolve_names(session, owner_id=owner_id, names=names))


def _as_columns(changes: dict[str, Any]) -> dict[str, Any]:
    if "priority" in changes:
        changes["priority"] = Priority[changes["priority"] or "medium"]
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    return changes


def _check_one_due(given: TaskPut | TaskPatch) -> None:
    if given.due_at is not None and given.due_date is not None:
        raise TwoDueTimesError(field="body.due_at")


async def own_zone(session: AsyncSession, owner_id: UUID) -> str:
    """Return the time zone of a user's profile."""
    return (await accounts.get_user(session, user_id=owner_id)).time_zone
