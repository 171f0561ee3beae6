"""What happened to tasks: each change with the columns it changed, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.tasks.changes import tell_followers
from taskbell.tasks.models import Task, TaskActivity

Action = Literal[
    "updated", "completed", "reopened", "skipped", "moved", "deleted", "restored", "undone"
]  # fmt: skip

DATES = frozenset({"due_date", "start_date"})
INSTANTS = frozenset({"completed_at", "due_at", "deleted_at"})
IDS = frozenset({"list_id", "parent_id", "trash_id"})
TRACKED = (
    "title", "description", "priority", "label_names", "list_id", "parent_id", "position",
    "completed_at", "due_date", "due_at", "time_zone", "start_date", "rrule", "repeat_anchor",
    "repeat_start", "occurrence", "occurrence_number", "deleted_at", "trash_id",
)  # fmt: skip
"""The columns whose changes are kept, and can be taken back."""


@dataclass
class Operation:
    """One request that changes tasks: who made it and when, and the tasks as they were before.

    Watch a task before changing it; `finish` then notes what is different.
    """

    owner_id: UUID
    via: str
    at: datetime
    action: Action
    _before: dict[UUID, tuple[Task, dict[str, Any]]] = field(default_factory=dict)

    def watch(self, *tasks: Task) -> None:
        """Remember tasks as they are now, unless they are remembered already."""
        for task in tasks:
            self._before.setdefault(task.id, (task, snapshot(task)))

    @property
    def watched(self) -> frozenset[UUID]:
        """The ids of the tasks that are remembered."""
        return frozenset(self._before)

    async def finish(self, session: AsyncSession) -> bool:
        """Raise the version of what has changed, note it and tell the followers.

        Returns whether anything has changed at all.
        """
        changed = [
            (task, before, after)
            for task, was in self._before.values()
            for before, after in [difference(was, snapshot(task))]
            if after
        ]
        several = new_id() if len(changed) > 1 else None
        for task, before, after in changed:
            task.version += 1
            # clocks step back: the order of changes should not
            task.updated_at = max(self.at, task.updated_at)
            session.add(
                TaskActivity(
                    task_id=task.id,
                    version=task.version,
                    operation_id=several,
                    actor_id=self.owner_id,
                    via=self.via,
                    action=self.action,
                    at=self.at,
                    before=before,
                    after=after,
                )
            )
        await session.flush()
        await tell_followers(session, [task for task, _, _ in changed])
        await session.flush()
        return bool(changed)


KEPT = timedelta(days=365)
"""How long it is known what happened to a task; so long it can be undone, too."""


async def prune_activity(session: AsyncSession, *, most: int) -> int:
    """Forget up to `most` changes that are older than `KEPT`; return how many."""
    key = (col(TaskActivity.task_id), col(TaskActivity.version))
    old = select(*key).where(col(TaskActivity.at) < now() - KEPT).limit(most)
    pruned = await session.execute(
        delete(TaskActivity)
        .where(tuple_(*key).in_(old))
        .returning(col(TaskActivity.version))
        .execution_options(synchronize_session=False)
    )
    return len(pruned.all())


def snapshot(task: Task) -> dict[str, Any]:
    """Return the tracked columns of a task."""
    return {name: getattr(task, name) for name in TRACKED}


def difference(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs, as JSON can hold it: as it was, and as it is."""
    names = [name for name in before if before[name] != after[name]]
    return (
        {name: _plain(before[name]) for name in names},
        {name: _plain(after[name]) for name in names},
    )


def column_value(name: str, plain: Any) -> Any:
    """Return a column's value from what `difference` made of it."""
    if plain is None:
        return None
    if name in DATES:
        return date.fromisoformat(plain)
    if name in INSTANTS:
        return datetime.fromisoformat(plain)
    return UUID(plain) if name in IDS else plain


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # instants are dates too
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
