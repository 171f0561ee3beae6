"""The job table: Postgres owns every job, arq only carries its id.

States are drawn in docs/state-machines.md; the queries that change them are in queries.py.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.ids import new_id

STATES = ("ready", "running", "done", "dead", "cancelled")

MOST_CRASHES = 3
"""Leases that may run out before a job is believed to kill its worker."""


class Job(SQLModel, table=True):
    """A unit of background work.

    `lane`: whose slots it takes in a worker. `run_at`: not before. `ticket_at`: when a relay may
    next hand out a ticket for it. `lease_*`: who runs it now, and until when they may. `crashes`:
    leases that ran out. `ambiguous`: how often an effect (a mail) had begun and nobody knows
    whether it happened.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'running', 'done', 'dead', 'cancelled')", name="state"),
        CheckConstraint(
            "(state = 'running') = (lease_token IS NOT NULL)"
            " AND (lease_token IS NULL) = (lease_until IS NULL)"
            " AND (lease_token IS NULL) = (lease_owner IS NULL)",
            name="lease",
        ),
        CheckConstraint(
            "(state IN ('done', 'dead', 'cancelled')) = (finished_at IS NOT NULL)", name="finish"
        ),
        CheckConstraint("octet_length(payload::text) <= 16384", name="payload_size"),
        Index("uq_job_dedupe", "kind", "dedupe_key", unique=True),
        Index("ix_job_ready", "lane", "ticket_at", postgresql_where=text("state = 'ready'")),
        Index(
            "ix_job_due",
            "lane",
            text("priority DESC"),
            "run_at",
            postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_job_last_chance",
            "run_at",
            postgresql_where=text(f"state = 'ready' AND crashes >= {MOST_CRASHES - 1}"),
        ),
        Index(
            "ix_job_expires",
            "expires_at",
            postgresql_where=text("state = 'ready' AND expires_at IS NOT NULL"),
        ),
        Index("ix_job_running", "lease_until", postgresql_where=text("state = 'running'")),
        Index(
            "ix_job_finished",
            "finished_at",
            postgresql_where=text("state IN ('done', 'dead', 'cancelled')"),
        ),
        Index("ix_job_dead", "kind", "finished_at", postgresql_where=text("state = 'dead'")),
        Index(
            "ix_job_group",
            "group_key",
            postgresql_where=text("state = 'ready' AND group_key IS NOT NULL"),
        ),
        {
            # rows change state in place: leave room for HOT updates, vacuum and analyse early
            "postgresql_with": {
                "fillfactor": 70,
                "autovacuum_vacuum_scale_factor": 0.02,
                "autovacuum_analyze_scale_factor": 0.05,
                "autovacuum_vacuum_cost_delay": 0,
            }
        },
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    lane: str = Field(default="main", sa_column_kwargs={"server_default": "main"})
    dedupe_key: str | None = None
    group_key: str | None = None
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    payload_version: int = Field(default=1, sa_type=SmallInteger)
    state: str = "ready"
    priority: int = Field(default=0, sa_type=SmallInteger)
    run_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    ticket_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    expires_at: datetime | None = Field(default=None, sa_type=Timestamp)
    attempts: int = Field(default=0, sa_type=SmallInteger)
    max_attempts: int = Field(default=10, sa_type=SmallInteger)
    crashes: int = Field(default=0, sa_type=SmallInteger)
    ambiguous: int = Field(default=0, sa_type=SmallInteger)
    lease_token: UUID | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Timestamp)
    started_at: datetime | None = Field(default=None, sa_type=Timestamp)
    effect_started_at: datetime | None = Field(default=None, sa_type=Timestamp)
    last_error: str | None = None
    request_id: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
