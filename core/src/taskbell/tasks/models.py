"""Tasks, what happened to them, and which of their occurrences were done."""

from datetime import date, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id
from taskbell.positions import at_end
from taskbell.tasks.words import searchable


class Priority(IntEnum):
    """Kept as a number so that the database can sort by it."""

    low = 1
    medium = 2
    high = 3
    urgent = 4


_LIVE = text("deleted_at IS NULL")


class Task(SQLModel, table=True):
    """A task.

    `label_names`: its labels, one a line; not an array, since only plain text can feed the search.
    `due_sort` orders all-day dates among instants: midnight UTC of the date. `trash_id`: the task
    or list whose deletion took it along, itself for the first of them. `subtasks_count`: those not
    in the trash, direct ones only.

    A task that repeats has an `rrule`, counted from the slot `repeat_start`; `occurrence` is the
    slot it stands for now, which keeps its place in the series when its due time is moved, and
    `occurrence_number` says the how manieth it is. Slots: see `recurrence.slots`.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("due_date IS NULL OR due_at IS NULL", name="one_due"),
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title"),
        CheckConstraint("char_length(description) <= 10000", name="description"),
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("trash_id IS NULL OR deleted_at IS NOT NULL", name="trash"),
        CheckConstraint(
            "num_nonnulls(rrule, repeat_anchor, repeat_start, occurrence, occurrence_number)"
            " IN (0, 5)",
            name="repeat",
        ),
        CheckConstraint("rrule IS NULL OR num_nonnulls(due_date, due_at) = 1", name="repeat_due"),
        CheckConstraint("repeat_anchor IN ('schedule', 'completion')", name="repeat_anchor"),
        Index(
            "ix_task_owner_created",
            "owner_id",
            "created_at",
            "id",
            postgresql_include=["list_id"],  # tasks are counted but for those of archived lists
            postgresql_where=_LIVE,
        ),
        Index("ix_task_owner_due", "owner_id", "due_sort", "id", postgresql_where=_LIVE),
        Index("ix_task_owner_priority", "owner_id", "priority", "id", postgresql_where=_LIVE),
        Index(
            "ix_task_owner_title", "owner_id", text("lower(title)"), "id", postgresql_where=_LIVE
        ),
        Index("ix_task_list_position", "list_id", "position", "id"),
        Index("ix_task_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_task_trash", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "ix_task_trashed",
            "owner_id",
            "trash_id",
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        Index("ix_task_search", "search", postgresql_using="gin"),
        Index(
            "ix_task_labels",
            text("string_to_array(label_names, chr(10))"),
            postgresql_using="gin",
            postgresql_where=text("label_names <> ''"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    list_id: UUID = Field(foreign_key="task_list.id", ondelete="CASCADE")
    parent_id: UUID | None = Field(default=None, foreign_key="task.id", ondelete="CASCADE")
    title: str
    description: str = ""
    priority: int = Field(default=Priority.medium, sa_type=SmallInteger)
    label_names: str = Field(default="", sa_column_kwargs={"server_default": ""})
    position: str = Field(
        default_factory=at_end,
        sa_column=Column(String(collation="C"), nullable=False, server_default=""),
    )
    completed_at: datetime | None = Field(default=None, sa_type=Timestamp)
    due_date: date | None = None
    due_at: datetime | None = Field(default=None, sa_type=Timestamp)
    time_zone: str
    start_date: date | None = None
    rrule: str | None = None
    repeat_anchor: str | None = None
    repeat_start: str | None = None
    occurrence: str | None = None
    occurrence_number: int | None = None
    reminders_count: int = 0
    subtasks_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)
    trash_id: UUID | None = None
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
                f"setweight(to_tsvector('simple', {searchable('title')}), 'A')"
                f" || setweight(to_tsvector('simple', {searchable('label_names')}), 'B')"
                f" || setweight(to_tsvector('simple', {searchable('description')}), 'C')",
                persisted=True,
            ),
        ),
    )

    @property
    def completed(self) -> bool:
        """Whether it is done."""
        return self.completed_at is not None


class TaskCompletion(SQLModel, table=True):
    """An occurrence of a repeating task that was done or skipped: each one once."""

    __tablename__ = "task_completion"
    __table_args__ = (
        UniqueConstraint("task_id", "occurrence"),
        CheckConstraint("outcome IN ('completed', 'skipped')", name="outcome"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE")
    occurrence: str
    outcome: str
    due_date: date | None = None
    due_at: datetime | None = Field(default=None, sa_type=Timestamp)
    at: datetime = Field(default_factory=now, sa_type=Timestamp)


class TaskActivity(SQLModel, table=True):
    """A change of a task, to `version`: the columns it changed, as they were before and after.

    `actor_id`: whoever made it, through `via` (see `Caller.via`). `operation_id`: the same for all
    changes of one request that changed several tasks. `undone_at`: when it was taken back.
    """

    __tablename__ = "task_activity"
    __table_args__ = (
        Index(
            "ix_task_activity_operation",
            "operation_id",
            postgresql_where=text("operation_id IS NOT NULL"),
        ),
        Index("ix_task_activity_at", "at"),
    )

    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE", primary_key=True)
    version: int = Field(primary_key=True)
    operation_id: UUID | None = None
    actor_id: UUID
    via: str
    action: str
    at: datetime = Field(default_factory=now, sa_type=Timestamp)
    before: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    undone_at: datetime | None = Field(default=None, sa_type=Timestamp)
