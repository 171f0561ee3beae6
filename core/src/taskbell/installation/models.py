"""Secrets that an installation makes for itself, shared by all its processes."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp


class InstallationSecret(SQLModel, table=True):
    """A key that was made when it was needed first, and stays."""

    __tablename__ = "installation_secret"

    name: str = Field(primary_key=True)
    value: str
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
