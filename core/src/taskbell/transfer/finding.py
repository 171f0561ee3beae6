"""Which tasks of an import are there already, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, case, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from taskbell.tasks.models import Task


@dataclass(frozen=True)
class There:
    """A task that is in the database already, or is about to be put there."""

    id: UUID
    owner_id: UUID
    list_id: UUID
    level: int
    trash_id: UUID | None

    @property
    def in_trash(self) -> bool:
        """Tell whether it is in the trash: a task is there with what took it along, or alone."""
        return self.trash_id is not None


async def find_tasks(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, There]:
    """Return which of these tasks are there, and on which level; one statement."""
    wanted = any_(bindparam("ids", value=list(ids), type_=ARRAY(Uuid)))
    first: Any = select(
        col(Task.id).label("origin"), col(Task.parent_id).label("above"), literal(1).label("level")
    ).where(col(Task.id) == wanted)
    way = first.cte("way", recursive=True)
    parent = aliased(Task)
    way = way.union_all(
        select(way.c.origin, col(parent.parent_id), way.c.level + 1).join(
            way, col(parent.id) == way.c.above
        )
    )
    level = func.max(way.c.level, type_=Integer)
    rows = await session.execute(
        select(
            col(Task.id),
            col(Task.owner_id),
            col(Task.list_id),
            # never null in the trash, whoever put it there
            case(
                (col(Task.deleted_at).is_not(None), func.coalesce(col(Task.trash_id), col(Task.id)))
            ).label("trash_id"),
            level.label("level"),
        )
        .join(way, way.c.origin == col(Task.id))
        .group_by(col(Task.id))
    )
    return {
        row.id: There(row.id, row.owner_id, row.list_id, row.level, row.trash_id) for row in rows
    }
