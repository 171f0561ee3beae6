"""Imports and their reports: what was sent, how far it is, and what became of each row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id

UNFINISHED = ("queued", "running")
FINISHED = ("done", "failed")


class TaskImport(SQLModel, table=True):
    """An import of one file. `file` is kept until it is done; `error` tells why it failed.

    `total` is known once the file is read; `done` rows of it were dealt with, and each of those is
    one of `created`, `duplicates`, `skipped` and `failed`. A row of a dry run counts as what it
    would become. `list_id`: where everything goes; without a foreign key, for an import whose list
    is gone by then fails.
    """

    __tablename__ = "task_import"
    __table_args__ = (
        CheckConstraint(
            "source IN ('todoist', 'trello', 'vikunja', 'google_tasks', 'taskbell')", name="source"
        ),
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finish"),
        CheckConstraint("(file IS NULL) = (finished_at IS NOT NULL)", name="file"),
        CheckConstraint("done = created + duplicates + skipped + failed", name="counts"),
        Index("ix_task_import_owner", "owner_id", "id"),
        Index(
            "ix_task_import_unfinished",
            "owner_id",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("ix_task_import_finished", "finished_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    source: str
    filename: str = ""
    dry_run: bool = False
    list_id: UUID | None = None
    state: str = "queued"
    total: int | None = None
    done: int = 0
    created: int = 0
    duplicates: int = 0
    skipped: int = 0
    failed: int = 0
    error: str | None = None
    file: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)


class TaskImportRow(SQLModel, table=True):
    """What became of one row. No foreign key to the task: it may go, this stays."""

    __tablename__ = "task_import_row"
    __table_args__ = (
        CheckConstraint("outcome IN ('created', 'duplicate', 'skipped', 'failed')", name="outcome"),
    )

    import_id: UUID = Field(foreign_key="task_import.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True)
    title: str
    outcome: str
    task_id: UUID | None = None
    messages: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
