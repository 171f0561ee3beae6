"""Users, their sign-in sessions and the refresh tokens of each session."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class User(SQLModel, table=True):
    """A person. `email_key` is the normalised address that must be unique."""

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("role IN ('user', 'admin')", name="role"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    name: str = ""
    password_hash: str | None = None
    role: str = "user"
    is_active: bool = True
    email_verified_at: datetime | None = Field(default=None, sa_type=Timestamp)
    time_zone: str = "UTC"
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)


class AuthSession(SQLModel, table=True):
    """One sign-in on one device: the family of its refresh tokens.

    States are drawn in docs/state-machines.md.
    """

    __tablename__ = "auth_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    user_agent: str = ""
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    last_used_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    expires_at: datetime = Field(sa_type=Timestamp)
    ended_at: datetime | None = Field(default=None, sa_type=Timestamp)
    ended_reason: str | None = None


class RefreshToken(SQLModel, table=True):
    """A refresh token, kept as its SHA-256; `spent_at` is set when it was exchanged."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        Index("ix_refresh_token_unspent", "session_id", postgresql_where=text("spent_at IS NULL")),
    )

    token_hash: bytes = Field(primary_key=True)
    session_id: UUID = Field(foreign_key="auth_session.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    spent_at: datetime | None = Field(default=None, sa_type=Timestamp)
