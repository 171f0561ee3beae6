"""Saved filters: named sets of the parameters of a list of tasks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id
from taskbell.positions import at_end


class SavedFilter(SQLModel, table=True):
    """A filter; `query` holds parameters of `GET /tasks` as they were checked when it was saved."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        UniqueConstraint("owner_id", "name_key"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name="color"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str
    name_key: str
    color: str | None = None
    query: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    position: str = Field(
        default_factory=at_end, sa_column=Column(String(collation="C"), nullable=False)
    )
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)
