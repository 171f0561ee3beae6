"""Tasks."""

from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class Priority(IntEnum):
    """Kept as a number so that the database can sort by it."""

    low = 1
    medium = 2
    high = 3
    urgent = 4


_LIVE = text("deleted_at IS NULL")


class Task(SQLModel, table=True):
    """A task. `due_sort` orders all-day dates among instants: midnight UTC of the date."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("due_date IS NULL OR due_at IS NULL", name="one_due"),
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title"),
        CheckConstraint("char_length(description) <= 10000", name="description"),
        Index("ix_task_owner_created", "owner_id", "created_at", "id", postgresql_where=_LIVE),
        Index("ix_task_owner_due", "owner_id", "due_sort", "id", postgresql_where=_LIVE),
        Index("ix_task_trash", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("ix_task_search", "search", postgresql_using="gin"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    list_id: UUID = Field(foreign_key="task_list.id", ondelete="CASCADE", index=True)
    title: str
    description: str = ""
    priority: int = Field(default=Priority.medium, sa_type=SmallInteger)
    completed_at: datetime | None = Field(default=None, sa_type=Timestamp)
    due_date: date | None = None
    due_at: datetime | None = Field(default=None, sa_type=Timestamp)
    time_zone: str
    start_date: date | None = None
    reminders_count: int = 0
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)
    due_sort: datetime | None = Field(
        default=None,
        sa_column=Column(
            Timestamp,
            Computed("coalesce(due_at, (due_date::timestamp) AT TIME ZONE 'UTC')", persisted=True),
        ),
    )
    search: str | None = Field(
        default=None,
        sa_column=Column(
            TSVECTOR,
            Computed(
                "setweight(to_tsvector('simple', title), 'A')"
                " || setweight(to_tsvector('simple', description), 'B')",
                persisted=True,
            ),
        ),
    )

    @property
    def completed(self) -> bool:
        """Whether it is done."""
        return self.completed_at is not None
