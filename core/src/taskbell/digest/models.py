"""The daily digest: one row for each day that one was planned."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp


class Digest(SQLModel, table=True):
    """A user's digest of a local day; the key is what keeps it from being sent twice."""

    __tablename__ = "digest"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'sent', 'empty', 'failed', 'skipped')", name="state"),
        CheckConstraint("(state = 'planned') = (finished_at IS NULL)", name="finish"),
        Index("ix_digest_planned", "job_id", postgresql_where=text("state = 'planned'")),
    )

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True)
    day: date = Field(primary_key=True)
    job_id: UUID
    state: str = "planned"
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
