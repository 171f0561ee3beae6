"""Lists of tasks. Every user has one inbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id
from taskbell.positions import at_end


class TaskList(SQLModel, table=True):
    """A list; the inbox cannot be told apart but by `is_inbox`.

    `position`: see `positions`. `archived_at`: its tasks stay, but out of sight. `deleted_at`: it
    lies in the trash, with the tasks that were in it.
    """

    __tablename__ = "task_list"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name="color"),
        CheckConstraint(
            "NOT is_inbox OR (archived_at IS NULL AND deleted_at IS NULL)", name="inbox"
        ),
        Index("uq_task_list_inbox", "owner_id", unique=True, postgresql_where=text("is_inbox")),
        Index("ix_task_list_owner_position", "owner_id", "position", "id"),
        Index("ix_task_list_trash", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str
    color: str | None = None
    is_inbox: bool = False
    position: str = Field(
        default_factory=at_end,
        sa_column=Column(String(collation="C"), nullable=False, server_default=""),
    )
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    archived_at: datetime | None = Field(default=None, sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)
