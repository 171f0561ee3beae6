"""What administrators see of jobs, and dead ones that run again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from core.tests.make import NOTE, Note, some_id
from taskbell.db import TO_RING, Database
from taskbell.jobs import administration, lifecycle
from taskbell.jobs.administration import JobNotDeadError, JobNotFoundError
from taskbell.jobs.models import STATES, Job
from taskbell.jobs.service import enqueue
from taskbell.paging import InvalidCursorError, encode_cursor

from .table import add, add_claimed, row, set_columns

MOMENT = datetime(2026, 11, 21, 6, 0, 0, 123456, tzinfo=UTC)
ENDED = ("done", "dead", "cancelled")


async def a_job(database: Database, state: str, *, after: float = 0, kind: str = "test.x") -> UUID:
    """Commit a job in a state, which it reached `after` seconds."""
    moment = MOMENT + timedelta(seconds=after)
    job = Job(
        kind=kind, payload={}, state=state, run_at=moment,
        finished_at=moment if state in ENDED else None,
    )  # fmt: skip
    if state == "running":
        job.lease_token, job.lease_owner, job.lease_until = some_id(), "one", moment
    async with database.transaction() as session:
        session.add(job)
    return job.id


async def listed(database: Database, **wanted: Any) -> tuple[list[UUID], int | None, str | None]:
    async with database.transaction() as session:
        jobs, total, cursor = await administration.list_jobs(session, **wanted)
        return [job.id for job in jobs], total, cursor


async def dead(database: Database, connection: AsyncConnection, **columns: str) -> UUID:
    """Let a job fail for good."""
    job = await add_claimed(database, connection)
    await lifecycle.dead(connection, job, error="it broke")
    if columns:
        await set_columns(connection, job.id, **columns)
    return job.id


# --- looking ------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
async def test_jobs_are_listed_by_state_the_latest_first(
    empty_database: Database, state: str
) -> None:
    early, late = [await a_job(empty_database, state, after=after) for after in (1, 2)]
    first = await a_job(empty_database, state, after=0, kind="test.y")
    for other in STATES:
        if other != state:
            await a_job(empty_database, other)
    assert await listed(empty_database, state=state) == ([late, early, first], 3, None)
    assert await listed(empty_database, state=state, kind="test.y") == ([first], 1, None)
    assert await listed(empty_database, state=state, kind="test.none") == ([], 0, None)


@pytest.mark.parametrize("state", ["dead", "ready"])
async def test_pages_and_cursors_show_each_once_also_of_one_moment(
    empty_database: Database, state: str
) -> None:
    """A worker that dies takes many jobs with it: they have the same time to the microsecond."""
    ids = [await a_job(empty_database, state, after=after) for after in (0, 1, 1, 1, 1, 1, 2)]
    wanted: dict[str, Any] = {"state": state, "per_page": 2}
    by_page: list[UUID] = []
    for page in (1, 2, 3, 4, 5):
        found, total, cursor = await listed(empty_database, page=page, **wanted)
        assert (total, cursor is None) == (7, page >= 4)
        by_page += found
    assert by_page == ids[::-1]
    by_cursor, _, cursor = await listed(empty_database, **wanted)
    while cursor is not None:
        await a_job(empty_database, state, after=60)  # comes before what was read
        found, total, cursor = await listed(empty_database, cursor=cursor, **wanted)
        assert total is None
        by_cursor += found
    assert by_cursor == ids[::-1]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ü", encode_cursor("x"), encode_cursor("2026-11-21T06:00:00+00:00", "x"),
     encode_cursor("2026-11-21T06:00:00", "01a1fb87-49ec-75f1-a572-281783323c0a"),
     encode_cursor(None, "01a1fb87-49ec-75f1-a572-281783323c0a"),
     encode_cursor(7, 7), encode_cursor({}, []),
     encode_cursor("9999-12-31T23:59:59-23:59", "01a1fb87-49ec-75f1-a572-281783323c0a")],
)  # fmt: skip
async def test_what_is_no_cursor(empty_database: Database, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        await listed(empty_database, state="dead", cursor=cursor)


# --- trying again -------------------------------------------------------------------------


async def test_a_dead_job_runs_again_as_if_it_were_new(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job_id = await dead(
        empty_database, connection, crashes="2", run_at="now() + interval '1 day'",
        expires_at="now() - interval '1 day'", ticket_at="now() + interval '1 day'",
    )  # fmt: skip
    async with empty_database.transaction() as session:
        job = await administration.retry_job(session, job_id=job_id, admin_id=some_id())
        assert session.info[TO_RING] == [job_id], "its doorbell rings"
        assert (job.state, job.attempts, job.crashes, job.finished_at) == ("ready", 0, 0, None)
        assert job.last_error == "it broke", "why it was dead is still to be seen"
    assert [one.job_id for one in await lifecycle.ticket(connection, most=9)] == [job_id]
    assert await lifecycle.expire(connection) == []
    claimed = await lifecycle.claim(connection, job_id, owner="two")
    assert claimed is not None
    assert (claimed.attempts, claimed.crashes) == (1, 0)
    await lifecycle.done(connection, claimed)
    assert (await row(connection, job_id)).state == "done"


async def test_it_may_fail_as_often_as_before(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job_id = await dead(empty_database, connection, attempts="3", ambiguous="1")
    async with empty_database.transaction() as session:
        await administration.retry_job(session, job_id=job_id, admin_id=some_id())
    claimed = await lifecycle.claim(connection, job_id, owner="two")
    assert claimed is not None
    assert (claimed.attempts, claimed.max_attempts) == (1, 3)
    assert claimed.ambiguous == 1, "what may have been done twice is not forgotten"


async def test_its_key_still_keeps_a_double_away(
    empty_database: Database, connection: AsyncConnection
) -> None:
    async with empty_database.transaction() as session:
        job_id = await enqueue(session, NOTE, Note(), dedupe_key="once")
    assert job_id is not None
    await set_columns(connection, job_id, state="'dead'", finished_at="now()")
    async with empty_database.transaction() as session:
        await administration.retry_job(session, job_id=job_id, admin_id=some_id())
        assert await enqueue(session, NOTE, Note(), dedupe_key="once") is None


@pytest.mark.parametrize("state", [state for state in STATES if state != "dead"])
async def test_only_what_is_dead_is_tried_again(empty_database: Database, state: str) -> None:
    job_id = await a_job(empty_database, state)
    with pytest.raises(JobNotDeadError):
        await _retry(empty_database, job_id)
    assert (await listed(empty_database, state=state))[0] == [job_id]


async def test_an_unknown_job_is_not_tried_again(empty_database: Database) -> None:
    await a_job(empty_database, "dead")
    with pytest.raises(JobNotFoundError):
        await _retry(empty_database, some_id())


async def test_twice_is_once(empty_database: Database, connection: AsyncConnection) -> None:
    job_id = await dead(empty_database, connection)
    await _retry(empty_database, job_id)
    with pytest.raises(JobNotDeadError):
        await _retry(empty_database, job_id)


async def _retry(database: Database, job_id: UUID) -> None:
    async with database.transaction() as session:
        await administration.retry_job(session, job_id=job_id, admin_id=some_id())


async def test_states_are_counted(empty_database: Database, connection: AsyncConnection) -> None:
    await dead(empty_database, connection)
    for _ in range(2):
        await add(empty_database)
    async with empty_database.transaction() as session:
        assert await administration.count_by_state(session) == {"dead": 1, "ready": 2}


# --- those of a kind ----------------------------------------------------------------------


async def _retry_kind(database: Database, kind: str, most: int = 1000) -> tuple[int, int]:
    async with database.transaction() as session:
        return await administration.retry_kind(session, kind=kind, admin_id=some_id(), most=most)


async def test_the_dead_of_a_kind_run_again_those_that_died_first(
    empty_database: Database, connection: AsyncConnection
) -> None:
    late, early, middle = [await a_job(empty_database, "dead", after=one) for one in (3, 1, 2)]
    other = await a_job(empty_database, "dead", kind="test.y")
    done = await a_job(empty_database, "done")
    assert await _retry_kind(empty_database, "test.x", most=2) == (2, 1)
    assert {one.job_id for one in await lifecycle.ticket(connection, most=9)} == {early, middle}
    assert (await listed(empty_database, state="dead"))[0] == [late, other]
    assert await _retry_kind(empty_database, "test.x") == (1, 0)
    assert await _retry_kind(empty_database, "test.x") == (0, 0)
    assert await _retry_kind(empty_database, "test.none") == (0, 0)
    again = await row(connection, early)
    assert (again.state, again.attempts, again.crashes, again.finished_at) == ("ready", 0, 0, None)
    assert (await row(connection, done)).state == "done"


async def test_two_administrators_at_once_retry_each_once(empty_database: Database) -> None:
    for after in range(30):
        await a_job(empty_database, "dead", after=after)
    found = await asyncio.gather(*(_retry_kind(empty_database, "test.x", 10) for _ in range(3)))
    assert sum(retried for retried, _ in found) == 30 - len(
        (await listed(empty_database, state="dead", per_page=100))[0]
    )
    while (await _retry_kind(empty_database, "test.x", 10))[0]:
        pass
    assert len((await listed(empty_database, state="ready", per_page=100))[0]) == 30


async def test_the_dead_are_counted_by_kind(empty_database: Database) -> None:
    for kind in ("test.y", "test.x", "test.y"):
        await a_job(empty_database, "dead", kind=kind)
    await a_job(empty_database, "ready", kind="test.z")
    async with empty_database.transaction() as session:
        assert await administration.count_dead(session) == {"test.x": 1, "test.y": 2}
