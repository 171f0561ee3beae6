"""Calendar feeds: addresses that show tasks to calendar programs, without signing in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class CalendarFeed(SQLModel, table=True):
    """A feed of all one's tasks, or those of a list or a saved filter.

    `secret_hash`: SHA-256 of the secret in its address. A feed goes with its list or filter: it
    must never show more than what it was made for.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint("list_id IS NULL OR filter_id IS NULL", name="one_source"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    name: str
    secret_hash: bytes = Field(unique=True)
    list_id: UUID | None = Field(
        default=None, foreign_key="task_list.id", ondelete="CASCADE", index=True
    )
    filter_id: UUID | None = Field(
        default=None, foreign_key="saved_filter.id", ondelete="CASCADE", index=True
    )
    alarms: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    last_used_at: datetime | None = Field(default=None, sa_type=Timestamp)
