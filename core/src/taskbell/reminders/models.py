"""Reminders, the moments they fired, and what became of each message.

States are drawn in docs/state-machines.md.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id

REMINDER_STATES = ("scheduled", "fired", "snoozed", "cancelled")
DELIVERY_STATES = ("planned", "sending", "sent", "failed", "unknown", "skipped")


class Reminder(SQLModel, table=True):
    """A wish to be told: `offset_minutes` before the task is due, or `at` an instant.

    `next_fire_at` is when the scan fires it; NULL when there is nothing to wait for. `last_fire_at`
    is the time it last fired for. `owed_at` is a time that came without its message being sent,
    because the task was done, trashed or moved just then: should that be undone, it is sent late.
    `snoozed_until`: told again then, as long as nothing else moves it. `served_at`: the moment by
    its plan that it fired for last, or was snoozed from; `last_fire_at` is then when it was snoozed
    until.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint("(offset_minutes IS NULL) <> (at IS NULL)", name="one_time"),
        CheckConstraint("state IN ('scheduled', 'fired', 'snoozed', 'cancelled')", name="state"),
        CheckConstraint(
            "(state IN ('scheduled', 'snoozed')) = (next_fire_at IS NOT NULL)", name="next_fire"
        ),
        CheckConstraint("state <> 'snoozed' OR snoozed_until IS NOT NULL", name="snoozed"),
        Index("ix_reminder_due", "next_fire_at", postgresql_where=text("next_fire_at IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE", index=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    offset_minutes: int | None = None
    at: datetime | None = Field(default=None, sa_type=Timestamp)
    channels: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    state: str = "scheduled"
    next_fire_at: datetime | None = Field(default=None, sa_type=Timestamp)
    last_fire_at: datetime | None = Field(default=None, sa_type=Timestamp)
    owed_at: datetime | None = Field(default=None, sa_type=Timestamp)
    served_at: datetime | None = Field(default=None, sa_type=Timestamp)
    snoozed_until: datetime | None = Field(default=None, sa_type=Timestamp)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)


class ReminderOccurrence(SQLModel, table=True):
    """A reminder fired at a time for a channel: the permanent deduplication.

    It outlives the job that carries it, so that no lost or doubled scan can tell twice. `channel`
    names the one it goes to where there may be several: `webhook:<id>`.
    """

    __tablename__ = "reminder_occurrence"

    reminder_id: UUID = Field(foreign_key="reminder.id", ondelete="CASCADE", primary_key=True)
    fire_at: datetime = Field(primary_key=True, sa_type=Timestamp)
    channel: str = Field(primary_key=True)
    job_id: UUID
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)


class Delivery(SQLModel, table=True):
    """One attempt to deliver one occurrence; what the owner sees. No foreign key to the job:
    the job is pruned, this stays.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'failed', 'unknown', 'skipped')", name="state"
        ),
        Index("uq_delivery_attempt", "job_id", "attempt", unique=True),
        Index("ix_delivery_reminder", "reminder_id", "id"),
        Index(
            "ix_delivery_open",
            "planned_at",
            postgresql_where=text("state IN ('planned', 'sending')"),
        ),
        Index(
            "ix_delivery_retried",
            "fire_at",
            postgresql_where=text(
                "state IN ('planned', 'sending') AND attempt > 1 AND channel IN ('email', 'push')"
            ),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reminder_id: UUID = Field(foreign_key="reminder.id", ondelete="CASCADE")
    job_id: UUID
    attempt: int
    channel: str
    target: str | None = None
    fire_at: datetime = Field(sa_type=Timestamp)
    state: str = "planned"
    planned_at: datetime = Field(sa_type=Timestamp)
    started_at: datetime | None = Field(default=None, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
    late_seconds: int | None = None
    response: str | None = None
