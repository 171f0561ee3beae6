"""What has changed for whom, kept for a day: what live streams read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlmodel import Field, SQLModel

from taskbell.db import Timestamp


class Event(SQLModel, table=True):
    """A change of something a user may see. Written by triggers alone (see `triggers.py`).

    `tx`: the transaction that made it. Ids are given before the commit, so order and completeness
    come from it and from the snapshot of who reads. No foreign keys: the thing may be gone.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_at", "at"),)

    owner_id: UUID = Field(primary_key=True)
    tx: int = Field(
        sa_column=Column(
            BigInteger,
            primary_key=True,
            autoincrement=False,
            server_default=text("(pg_current_xact_id()::text)::bigint"),
        )
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str
    object_id: UUID
    action: str
    version: int | None = None
    at: datetime = Field(
        sa_type=Timestamp, sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
