"""Labels. Tasks carry their names; this is where their names come from."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class Label(SQLModel, table=True):
    """A label; `name_key` is its name with the differences of case and form taken out."""

    __tablename__ = "label"
    __table_args__ = (
        UniqueConstraint("owner_id", "name_key"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 60", name="name"),
        CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name="color"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str
    name_key: str
    color: str | None = None
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)
