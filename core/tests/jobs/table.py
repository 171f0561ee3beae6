"""Looking at the job table, and letting its time pass."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.tests.make import NOTE, Note
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.lifecycle import ClaimedJob
from taskbell.jobs.service import enqueue

PAST = timedelta(seconds=-1)


async def add(database: Database, **how: Any) -> UUID:
    """Commit a job that is due, without a doorbell."""
    async with database.transaction() as session:
        added = await enqueue(session, NOTE, Note(), **how)
    assert added is not None
    return added


async def add_claimed(
    database: Database, connection: AsyncConnection, owner: str = "one"
) -> ClaimedJob:
    job = await lifecycle.claim(connection, await add(database), owner=owner)
    assert job is not None
    return job


async def row(connection: AsyncConnection, job_id: UUID) -> Row[Any]:
    return (
        await connection.execute(text("SELECT * FROM job WHERE id = :id"), {"id": job_id})
    ).one()


async def set_columns(connection: AsyncConnection, job_id: UUID, **columns: str) -> None:
    """Set columns to SQL expressions."""
    changes = ", ".join(f"{name} = {value}" for name, value in columns.items())
    await connection.execute(text(f"UPDATE job SET {changes} WHERE id = :id"), {"id": job_id})  # noqa: S608


async def run_out(connection: AsyncConnection, job_id: UUID) -> None:
    """Let a job's lease end."""
    await set_columns(connection, job_id, lease_until="now() - interval '1 second'")


async def forget_ticket(connection: AsyncConnection, job_id: UUID) -> None:
    """Let a job's last ticket grow too old."""
    await set_columns(connection, job_id, ticket_at="now() - interval '1 second'")
