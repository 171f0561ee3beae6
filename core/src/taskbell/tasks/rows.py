"""Tasks as the hot paths read them: plain values that no session watches."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from taskbell.db import METADATA
from taskbell.tasks.models import Task

TASK = METADATA.tables[str(Task.__tablename__)]


class TaskRow(NamedTuple):
    """A task; see `Task` for its fields."""

    id: UUID
    owner_id: UUID
    list_id: UUID
    title: str
    description: str
    priority: int
    completed_at: datetime | None
    due_date: date | None
    due_at: datetime | None
    time_zone: str
    start_date: date | None
    reminders_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def completed(self) -> bool:
        """Whether it is done."""
        return self.completed_at is not None


COLUMNS = [TASK.c[name] for name in TaskRow._fields]
"""What a statement returns to make a `TaskRow`."""
