"""What tasks do when their list goes to the trash, or one of their labels gets another name."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.labels.changes import follows_labels
from taskbell.lists.changes import Event, follows_lists
from taskbell.lists.models import TaskList
from taskbell.tasks.changes import tell_followers
from taskbell.tasks.models import Task, TaskActivity

_CHILD = aliased(Task)
_NAMES = func.string_to_array(col(Task.label_names), func.chr(10))


@follows_labels
async def follow_label(session: AsyncSession, *, owner_id: UUID, old: str, new: str | None) -> None:
    """Give every task that has a label its new name, or take it off."""
    names = func.array_remove(_NAMES, old) if new is None else func.array_replace(_NAMES, old, new)
    await session.execute(
        update(Task)
        .where(
            col(Task.owner_id) == owner_id,
            col(Task.label_names) != "",
            literal(old) == func.any(_NAMES),
        )
        .values(
            label_names=func.array_to_string(names, func.chr(10)),
            version=col(Task.version) + 1,
            updated_at=func.greatest(col(Task.updated_at), now()),
        )
        .execution_options(synchronize_session=False)
    )


@follows_lists
async def follow_list(
    session: AsyncSession, task_list: TaskList, event: Event, *, via: str
) -> None:
    """Go to the trash with one's list, come back with it, or go for good."""
    if event == "trashed":
        live = col(Task.deleted_at).is_(None)
        values = {"deleted_at": task_list.deleted_at, "trash_id": task_list.id}
        await _change(session, task_list, live, values, literal(0), action="deleted", via=via)
    elif event == "restored":
        with_it = col(Task.trash_id) == task_list.id
        await _change(
            session,
            task_list,
            with_it,
            {"deleted_at": None, "trash_id": None},
            select(func.count())
            .where(col(_CHILD.parent_id) == col(Task.id), col(_CHILD.trash_id) == task_list.id)
            .correlate(Task)
            .scalar_subquery(),
            action="restored",
            via=via,
        )
    else:
        moment = now()
        reminded = await _reminded(session, task_list, col(Task.deleted_at).is_(None))
        for task in reminded:
            task.deleted_at = moment
        await tell_followers(session, reminded)


async def _change(
    session: AsyncSession,
    task_list: TaskList,
    which: ColumnElement[bool],
    values: dict[str, Any],
    subtasks: ColumnElement[int],
    *,
    action: str,
    via: str,
) -> None:
    moment = now()
    reminded = [task.id for task in await _reminded(session, task_list, which)]
    before = select(col(Task.id), *(getattr(Task, name) for name in values)).where(
        col(Task.list_id) == task_list.id, which
    )
    old = before.with_for_update().cte("old")
    changed = (
        update(Task)
        .where(col(Task.id) == old.c.id)
        .values(
            **values,
            subtasks_count=subtasks,
            version=col(Task.version) + 1,
            updated_at=func.greatest(col(Task.updated_at), moment),
        )
        .returning(col(Task.id), col(Task.version), *(getattr(Task, name) for name in values))
        .cte("changed")
    )
    noted = select(
        changed.c.id,
        changed.c.version,
        literal(new_id()),
        literal(task_list.owner_id),
        literal(via),
        literal(action),
        literal(moment),
        _json(old, values),
        _json(changed, values),
    ).join_from(changed, old, changed.c.id == old.c.id)
    columns = (
        "task_id", "version", "operation_id", "actor_id", "via", "action", "at", "before", "after"
    )  # fmt: skip
    await session.execute(insert(TaskActivity).from_select(list(columns), noted))
    if reminded:
        await tell_followers(session, await _tasks(session, col(Task.id).in_(reminded)))


def _json(row: Any, names: dict[str, Any]) -> ColumnElement[Any]:
    parts = [part for name in names for part in (literal(name), row.c[name])]
    return func.jsonb_build_object(*parts, type_=JSONB)


async def _reminded(
    session: AsyncSession, task_list: TaskList, which: ColumnElement[bool]
) -> list[Task]:
    here = col(Task.list_id) == task_list.id
    return await _tasks(session, here, which, col(Task.reminders_count) > 0)


async def _tasks(session: AsyncSession, *which: ColumnElement[bool]) -> list[Task]:
    found = await session.scalars(
        select(Task)
        .where(*which)
        .order_by(col(Task.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)
