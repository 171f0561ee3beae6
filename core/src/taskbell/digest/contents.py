"""What a digest says: what is due today, and what was due before and is not done."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.digest.planning import DAY, bounds
from taskbell.lists.models import TaskList
from taskbell.recurrence.slots import slot_of
from taskbell.tasks.models import Task

MOST_TODAY = 50
MOST_OVERDUE = 20


@dataclass(frozen=True)
class Entry:
    """A line of a digest, in the reader's zone.

    `at_time` is None for what is due on a date, `list_name` empty for the inbox.
    """

    title: str
    day: date
    at_time: time | None
    list_name: str


@dataclass(frozen=True)
class Contents:
    """What is due on a day, what was due before it, and how many of each are not shown."""

    day: date
    today: list[Entry]
    more_today: int
    overdue: list[Entry]
    more_overdue: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.today and not self.overdue

    @property
    def count_today(self) -> int:
        """How many are due on the day."""
        return len(self.today) + self.more_today

    @property
    def count_overdue(self) -> int:
        """How many were due before."""
        return len(self.overdue) + self.more_overdue


async def read(session: AsyncSession, *, owner_id: UUID, day: date, zone: str) -> Contents:
    """Return what is due on a day in a zone, in two statements.

    First what is due on the date, in the order of lists; then what is due at a time. Subtasks count
    as tasks; what is done, in the trash or in an archived list does not.
    """
    begins, ends = bounds(day, zone)
    midnight = datetime.combine(day, time.min, UTC)  # `due_sort` of the date
    due_at, due_date, due_sort = col(Task.due_at), col(Task.due_date), col(Task.due_sort)
    in_lists = (col(TaskList.is_inbox).desc(), col(TaskList.position), col(TaskList.id))
    on_day = (
        _open(owner_id)
        .where(
            or_(due_date == day, and_(due_at >= begins, due_at < ends)),
            due_sort >= min(begins, midnight),
            due_sort < max(ends, midnight + DAY),
        )
        .order_by(due_at.nulls_first(), *in_lists, col(Task.position), col(Task.id))
    )
    before = (
        _open(owner_id)
        .where(or_(due_date < day, due_at < begins), due_sort < max(begins, midnight))
        .order_by(due_sort, col(Task.id))
    )
    shown, more = await _entries(session, on_day, zone, most=MOST_TODAY)
    late, more_late = await _entries(session, before, zone, most=MOST_OVERDUE)
    return Contents(day, shown, more, late, more_late)


def _open(owner_id: UUID) -> Select[Any]:
    shown: Any = (
        col(Task.title), col(Task.due_date), col(Task.due_at), col(TaskList.name),
        col(TaskList.is_inbox), func.count().over().label("all"),
    )  # fmt: skip
    return (
        select(*shown)
        .join(TaskList, col(TaskList.id) == col(Task.list_id))
        .where(
            col(Task.owner_id) == owner_id,
            col(Task.deleted_at).is_(None),
            col(Task.completed_at).is_(None),
            col(TaskList.archived_at).is_(None),
        )
    )


async def _entries(
    session: AsyncSession, wanted: Select[Any], zone: str, *, most: int
) -> tuple[list[Entry], int]:
    """Return the first lines, and how many more there are."""
    rows = (await session.execute(wanted.limit(most))).all()
    entries = []
    for title, due_date, due_at, name, is_inbox, _ in rows:
        local = slot_of(due_at, zone) if due_at is not None else None
        entries.append(
            Entry(
                title=" ".join(title.split()),
                day=local.date() if local else due_date,
                at_time=local.time() if local else None,
                list_name="" if is_inbox else name,
            )
        )
    return entries, rows[0].all - len(rows) if rows else 0
