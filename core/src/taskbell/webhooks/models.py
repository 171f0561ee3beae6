"""Webhooks, and each message that is or was sent to one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class Webhook(SQLModel, table=True):
    """An address that is told of what is due, signed with a secret (standardwebhooks.com).

    The one before, if any, signs too until `previous_secret_until`. `failing_since`: when the first
    of the failures happened that no success has followed.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("octet_length(url) <= 2000", name="url"),
        CheckConstraint("is_active = (disabled_at IS NULL)", name="active"),
        CheckConstraint(
            "(previous_secret IS NULL) = (previous_secret_until IS NULL)", name="previous_secret"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    name: str
    url: str
    secret: str
    previous_secret: str | None = None
    previous_secret_until: datetime | None = Field(default=None, sa_type=Timestamp)
    is_active: bool = True
    disabled_at: datetime | None = Field(default=None, sa_type=Timestamp)
    disabled_reason: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=Timestamp)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)


class WebhookMessage(SQLModel, table=True):
    """What a webhook is told, and what became of it. `body`: the bytes as first sent.

    No foreign keys to reminder and job: those go, this stays for its time.
    """

    __tablename__ = "webhook_message"
    __table_args__ = (
        CheckConstraint("kind IN ('reminder.due', 'test')", name="kind"),
        CheckConstraint("state IN ('pending', 'delivered', 'failed', 'suppressed')", name="state"),
        CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="finish"),
        Index("ix_webhook_message_webhook", "webhook_id", "id"),
        Index("ix_webhook_message_job", "job_id", unique=True),
        Index(
            "ix_webhook_message_finished",
            "finished_at",
            postgresql_where=text("finished_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    webhook_id: UUID = Field(foreign_key="webhook.id", ondelete="CASCADE")
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    kind: str
    body: str | None = None
    reminder_id: UUID | None = None
    fire_at: datetime | None = Field(default=None, sa_type=Timestamp)
    planned_at: datetime | None = Field(default=None, sa_type=Timestamp)
    job_id: UUID
    state: str = "pending"
    attempts: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=Timestamp)
    response_status: int | None = None
    response: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
