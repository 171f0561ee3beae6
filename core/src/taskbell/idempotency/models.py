"""Answers kept for their `Idempotency-Key`."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp


class IdempotencyKey(SQLModel, table=True):
    """A request that was answered: written in the transaction of what it did.

    `fingerprint`: SHA-256 of method, path, query and body. `location`, `etag`: its headers.
    """

    __tablename__ = "idempotency_key"

    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes
    status: int
    body: bytes
    location: str | None = None
    etag: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp, index=True)
