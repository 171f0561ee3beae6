"""How many pending tasks there are in each list, and with each label."""

from uuid import UUID

from sqlalchemy import ColumnElement, Text, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.tasks.models import Task

_LABELS = literal_column("string_to_array(task.label_names, chr(10))", ARRAY(Text))
"""As it is indexed."""


async def pending_by_list(
    session: AsyncSession, *, owner_id: UUID, list_id: UUID | None = None
) -> dict[UUID, int]:
    """Return the numbers of a user's pending tasks; lists without any are left out.

    `list_id`: count in this one only.
    """
    pending = _pending(owner_id)
    if list_id is not None:
        pending.append(col(Task.list_id) == list_id)
    rows = await session.execute(
        select(col(Task.list_id), func.count()).where(*pending).group_by(col(Task.list_id))
    )
    return dict(rows.all())


async def pending_by_label(
    session: AsyncSession, *, owner_id: UUID, name: str | None = None
) -> dict[str, int]:
    """Return the numbers of a user's pending tasks by the names of labels that they have.

    `name`: count those with this one only, as the label is written.
    """
    pending = [*_pending(owner_id), col(Task.label_names) != ""]
    if name is not None:
        pending.append(_LABELS.contains([name]))
    each = select(func.unnest(_LABELS).label("name")).where(*pending).subquery()
    wanted = select(each.c.name, func.count()).group_by(each.c.name)
    if name is not None:
        wanted = wanted.where(each.c.name == name)
    return dict((await session.execute(wanted)).all())


def _pending(owner_id: UUID) -> list[ColumnElement[bool]]:
    return [
        col(Task.owner_id) == owner_id,
        col(Task.deleted_at).is_(None),
        col(Task.completed_at).is_(None),
    ]
