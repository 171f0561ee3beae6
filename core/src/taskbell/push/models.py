"""Devices that take push messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class PushSubscription(SQLModel, table=True):
    """A browser's subscription (Push API): where to send, and the keys to encrypt for it.

    `endpoint` is as good as a secret: who knows it can send. `session_id`: the sign-in it was made
    in. `failures`: refusals in a row.
    """

    __tablename__ = "push_subscription"
    __table_args__ = (
        CheckConstraint("char_length(name) <= 100", name="name"),
        CheckConstraint("octet_length(endpoint) <= 2000", name="endpoint"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    endpoint: str = Field(unique=True)
    p256dh: str
    auth: str
    name: str = ""
    session_id: UUID | None = Field(
        default=None, foreign_key="auth_session.id", ondelete="CASCADE", index=True
    )
    failures: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    last_used_at: datetime | None = Field(default=None, sa_type=Timestamp)
