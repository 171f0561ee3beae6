"""Lists of tasks. Every user has one inbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class TaskList(SQLModel, table=True):
    """A list; the inbox cannot be told apart but by `is_inbox`."""

    __tablename__ = "task_list"
    __table_args__ = (
        Index("uq_task_list_inbox", "owner_id", unique=True, postgresql_where=text("is_inbox")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    name: str
    is_inbox: bool = False
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)
