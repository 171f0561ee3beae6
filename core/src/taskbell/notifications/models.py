"""What people are told inside Taskbell, how they wish to be told, and what a try showed."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id
from taskbell.notifications.channels import DEFAULT_CHANNELS


class NotificationPreference(SQLModel, table=True):
    """How somebody wishes to be told; who has no row has the defaults.

    Times of day are in the time zone of the profile. `default_reminder_minutes`: before a timed
    task is due, for new tasks; None is no reminder. `all_day_time`: when a task that is due on a
    date counts as due. Between `quiet_start` and `quiet_end` (which may be the next day) nothing
    makes a noise. `digest_next_at`: when the next digest is planned; `digest_last_day`: the local
    day of the last one.
    """

    __tablename__ = "notification_preference"
    __table_args__ = (
        CheckConstraint(
            "(quiet_start IS NULL) = (quiet_end IS NULL) AND quiet_start <> quiet_end",
            name="quiet",
        ),
        CheckConstraint("default_reminder_minutes BETWEEN 0 AND 527040", name="default_reminder"),
        CheckConstraint("digest_enabled = (digest_next_at IS NOT NULL)", name="digest"),
        Index(
            "ix_notification_preference_digest",
            "digest_next_at",
            postgresql_where=text("digest_next_at IS NOT NULL"),
        ),
    )

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True)
    default_channels: list[str] = Field(
        default_factory=lambda: list(DEFAULT_CHANNELS),
        sa_column=Column(ARRAY(String), nullable=False),
    )
    default_reminder_minutes: int | None = None
    all_day_time: time = time(9)
    quiet_start: time | None = None
    quiet_end: time | None = None
    digest_enabled: bool = False
    digest_time: time = time(7)
    digest_next_at: datetime | None = Field(default=None, sa_type=Timestamp)
    digest_last_day: date | None = None
    version: int = 1
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)


class Notification(SQLModel, table=True):
    """Something a user is told inside Taskbell; `read_at` once they have seen it."""

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('reminder', 'test', 'push_gone', 'webhook_disabled')", name="kind"
        ),
        Index("ix_notification_owner", "owner_id", "id"),
        Index("ix_notification_unread", "owner_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notification_task", "task_id", postgresql_where=text("task_id IS NOT NULL")),
        Index(
            "ix_notification_reminder",
            "reminder_id",
            postgresql_where=text("reminder_id IS NOT NULL"),
        ),
        Index("ix_notification_created_at", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    kind: str
    task_id: UUID | None = Field(default=None, foreign_key="task.id", ondelete="SET NULL")
    reminder_id: UUID | None = Field(default=None, foreign_key="reminder.id", ondelete="SET NULL")
    title: str
    body: str = ""
    fire_at: datetime | None = Field(default=None, sa_type=Timestamp)
    late_seconds: int | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    read_at: datetime | None = Field(default=None, sa_type=Timestamp)


class NotificationTest(SQLModel, table=True):
    """A test message that somebody had sent to themselves, and what was said on its way.

    `target_id`: the device or webhook it was for; None is all of the channel.
    """

    __tablename__ = "notification_test"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'accepted', 'failed')", name="state"),
        CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="finish"),
        Index("ix_notification_test_owner", "owner_id", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    channel: str
    target_id: UUID | None = None
    state: str = "pending"
    summary: str | None = None
    transcript: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
