"""Enqueueing: a job is part of the transaction of its cause."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from core.tests.jobs.table import add, row
from core.tests.make import NOTE, Note
from taskbell.clock import now
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.jobs.service import NewJob, cancel_groups, enqueue, enqueue_many


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Job)) or 0


async def test_a_job_has_what_its_kind_says(session: AsyncSession) -> None:
    with structlog.contextvars.bound_contextvars(request_id="request-1"):
        job_id = await enqueue(session, NOTE, Note(text="ü"), group_key="g")
    job = (await session.scalars(select(Job))).one()
    assert job.id == job_id
    assert (job.kind, job.payload, job.payload_version) == ("test.note", {"text": "ü"}, 1)
    assert (job.state, job.attempts, job.max_attempts) == ("ready", 0, 3)
    assert (job.group_key, job.request_id) == ("g", "request-1")
    assert job.run_at < job.ticket_at, "the doorbell comes first"


async def test_a_key_is_taken_once_for_each_kind(session: AsyncSession) -> None:
    assert await enqueue(session, NOTE, Note(), dedupe_key="k")
    assert await enqueue(session, NOTE, Note(), dedupe_key="k") is None
    assert await enqueue(session, NOTE, Note(), dedupe_key="l")
    assert await enqueue(session, NOTE, Note())
    assert await enqueue(session, NOTE, Note())
    assert await count(session) == 4


async def test_a_key_is_taken_once_however_many_come_at_once(empty_database: Database) -> None:
    async def one() -> UUID | None:
        async with empty_database.transaction() as session:
            return await enqueue(session, NOTE, Note(), dedupe_key="k")

    added = await asyncio.gather(*(one() for _ in range(10)))
    assert len([job for job in added if job]) == 1


async def test_a_rollback_leaves_nothing(database_url: str) -> None:
    rung: list[list[UUID]] = []

    async def ring(job_ids: list[UUID]) -> None:
        rung.append(job_ids)

    database = Database(database_url, application_name="tests", after_commit=ring)
    ids: list[UUID | None] = []

    async def fail() -> None:
        async with database.transaction() as session:
            ids.append(await enqueue(session, NOTE, Note()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as session:
        assert await session.get(Job, ids[0]) is None
    await database.close()
    assert rung == []


async def test_the_doorbell_rings_after_the_commit(
    database_url: str, connection: AsyncConnection
) -> None:
    seen: list[tuple[list[UUID], list[str]]] = []

    async def ring(job_ids: list[UUID]) -> None:
        seen.append((job_ids, [(await row(connection, job_id)).state for job_id in job_ids]))

    database = Database(database_url, application_name="tests", after_commit=ring)
    async with database.transaction() as session:
        first = await enqueue(session, NOTE, Note(), dedupe_key="k")
        await enqueue(session, NOTE, Note(), dedupe_key="k")  # exists: rings not
        await enqueue(session, NOTE, Note(), run_at=now() + timedelta(hours=1))  # later
        second = await enqueue(session, NOTE, Note())
        assert seen == []
    await database.close()
    assert seen == [([first, second], ["ready", "ready"])]


async def test_a_later_job_waits(session: AsyncSession) -> None:
    later = now() + timedelta(hours=1)
    await enqueue(session, NOTE, Note(), run_at=later, expires_at=later + timedelta(hours=1))
    job = (await session.scalars(select(Job))).one()
    assert (job.run_at, job.ticket_at, job.expires_at) == (later, later, later + timedelta(hours=1))


async def test_many_at_once(session: AsyncSession) -> None:
    assert await enqueue_many(session, NOTE, []) == []
    jobs = [NewJob(Note(), new_id(), dedupe_key=str(number % 900)) for number in range(1000)]
    added = await enqueue_many(session, NOTE, jobs)
    assert added == [job.id for job in jobs[:900]]
    assert await count(session) == 900
    due = text("SELECT count(*) FROM job WHERE ticket_at <= clock_timestamp()")
    assert await session.scalar(due) == 900


async def test_a_group_is_cancelled_but_for_what_runs(
    empty_database: Database, connection: AsyncConnection
) -> None:
    ready = await add(empty_database, group_key="g")
    done = await add(empty_database, group_key="g")
    other = await add(empty_database, group_key="h")
    await connection.execute(
        text("UPDATE job SET state = 'done', finished_at = now() WHERE id = :id"), {"id": done}
    )
    async with empty_database.transaction() as session:
        assert await cancel_groups(session, group_keys=["g", "none"], reason="why") == [ready]
        assert await cancel_groups(session, group_keys=["g"], reason="why") == []
    states = {job: (await row(connection, job)).state for job in (ready, done, other)}
    assert states == {ready: "cancelled", done: "done", other: "ready"}
    assert (await row(connection, ready)).last_error == "why"


BROKEN = {
    "an unknown state": {"state": "'sleeping'"},
    "running without a lease": {"state": "'running'"},
    "a lease without running": {
        "lease_token": "gen_random_uuid()", "lease_owner": "'x'", "lease_until": "now()",
    },
    "half a lease": {"state": "'running'", "lease_token": "gen_random_uuid()"},
    "done without an end": {"state": "'done'"},
    "an end without being done": {"finished_at": "now()"},
    "too much payload": {"payload": "to_jsonb(repeat('x', 16385))"},
}  # fmt: skip


@pytest.mark.parametrize("columns", BROKEN.values(), ids=BROKEN)
async def test_the_table_holds_no_nonsense(session: AsyncSession, columns: dict[str, Any]) -> None:
    await enqueue(session, NOTE, Note())
    changes = ", ".join(f"{name} = {value}" for name, value in columns.items())
    with pytest.raises(IntegrityError, match="ck_job"):
        await session.execute(text(f"UPDATE job SET {changes}"))  # noqa: S608
