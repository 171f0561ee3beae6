"""Users, and all that proves who somebody is: sessions, tokens, links in mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id


class User(SQLModel, table=True):
    """A person. `email_key` is the normalised address that must be unique.

    `is_active`: False when an admin disabled the account. `deletion_at`: its owner deleted it, and
    from then on it may be purged. Neither can do anything.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'admin')", name="role"),
        CheckConstraint("week_start IN ('monday', 'saturday', 'sunday')", name="week_start"),
        Index("ix_user_account_admins", "id", postgresql_where=text("role = 'admin'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    name: str = ""
    password_hash: str | None = None
    role: str = "user"
    is_active: bool = True
    email_verified_at: datetime | None = Field(default=None, sa_type=Timestamp)
    pending_email: str | None = None
    time_zone: str = "UTC"
    locale: str = Field(default="en", sa_column_kwargs={"server_default": "en"})
    week_start: str = Field(default="monday", sa_column_kwargs={"server_default": "monday"})
    deletion_at: datetime | None = Field(default=None, sa_type=Timestamp)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    updated_at: datetime = Field(default_factory=now, sa_type=Timestamp)

    @property
    def email_verified(self) -> bool:
        """Whether its owner can read mail to this address."""
        return self.email_verified_at is not None

    @property
    def has_password(self) -> bool:
        """Whether one can sign in by password."""
        return self.password_hash is not None

    @property
    def is_usable(self) -> bool:
        """Whether it is neither disabled nor deleted."""
        return self.is_active and self.deletion_at is None


class AuthSession(SQLModel, table=True):
    """One sign-in on one device: the family of its refresh tokens.

    `proven_at`: when the password was last asked for again, if it was since the sign-in. States
    are drawn in docs/state-machines.md.
    """

    __tablename__ = "auth_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    user_agent: str = ""
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    last_used_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    proven_at: datetime | None = Field(default=None, sa_type=Timestamp)
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


class MailedLink(SQLModel, table=True):
    """The secret of a link in a mail, kept as its SHA-256; works once, until `expires_at`.

    `purpose`: see `links.Purpose`. `email`: the address that it was sent to, and so proves.
    `reminder_id`, `fire_at`, `occurrence`: what a link in a reminder's mail is about, and which
    turn of a repeating task.
    """

    __tablename__ = "mailed_link"

    token_hash: bytes = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    purpose: str
    email: str
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    expires_at: datetime = Field(sa_type=Timestamp, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Timestamp)
    reminder_id: UUID | None = Field(
        default=None, foreign_key="reminder.id", ondelete="CASCADE", index=True
    )
    fire_at: datetime | None = Field(default=None, sa_type=Timestamp)
    occurrence: str | None = None


class ApiToken(SQLModel, table=True):
    """A personal API token, kept as its SHA-256; `prefix` is what its owner knows it by."""

    __tablename__ = "api_token"
    __table_args__ = (Index("ix_api_token_user", "user_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str
    token_hash: bytes = Field(unique=True)
    prefix: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    last_used_at: datetime | None = Field(default=None, sa_type=Timestamp)
    expires_at: datetime | None = Field(default=None, sa_type=Timestamp)


class Identity(SQLModel, table=True):
    """A user as another sign-in service knows them: its issuer, and its subject there."""

    __tablename__ = "identity"

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)


class AccountExport(SQLModel, table=True):
    """All data of an account as JSON, for its owner to fetch until `expires_at`."""

    __tablename__ = "account_export"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    expires_at: datetime = Field(sa_type=Timestamp, index=True)


class AccountExportPart(SQLModel, table=True):
    """A piece of an export: together, in order, they are one JSON document in UTF-8."""

    __tablename__ = "account_export_part"

    export_id: UUID = Field(foreign_key="account_export.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True)
    content: bytes
