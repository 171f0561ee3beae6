"""What becomes of jobs whose worker died or stopped, and of old ones."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.tests.jobs.table import add, add_claimed, row, run_out, set_columns
from core.tests.make import some_id
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.lifecycle import Ticket
from taskbell.jobs.models import MOST_CRASHES


@pytest.mark.parametrize("begun", [False, True])
async def test_a_swept_job_runs_again_and_dies_at_the_third_crash(
    empty_database: Database, connection: AsyncConnection, begun: bool
) -> None:
    job_id = await add(empty_database)
    for crash in range(1, MOST_CRASHES + 1):
        last = crash == MOST_CRASHES
        claim = lifecycle.claim_last_chance if last else lifecycle.claim
        job = await claim(connection, job_id, owner="one")
        assert job is not None
        if begun:
            await lifecycle.start_effect(connection, job)
        assert await lifecycle.sweep(connection) == []
        await run_out(connection, job_id)
        (swept,) = await lifecycle.sweep(connection)
        assert (swept.id, swept.crashes, swept.state) == (
            job_id,
            crash,
            "dead" if last else "ready",
        )
        found = await row(connection, job_id)
        assert (found.attempts, found.ambiguous) == (crash, crash * begun)
        assert (found.finished_at is not None) is last
        assert f"crash {crash}" in found.last_error
    assert await lifecycle.claim(connection, job_id, owner="one") is None


async def test_a_swept_job_gets_a_ticket_at_once(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job = await add_claimed(empty_database, connection)
    await run_out(connection, job.id)
    await lifecycle.sweep(connection)
    assert await lifecycle.ticket(connection, most=5) == [Ticket(job.id, 1)]


async def test_a_release_may_say_why(empty_database: Database, connection: AsyncConnection) -> None:
    job = await add_claimed(empty_database, connection)
    await lifecycle.release(connection, job, reason="why")
    assert (await row(connection, job.id)).last_error == "why"
    assert [ticket.job_id for ticket in await lifecycle.ticket(connection, most=5)] == [job.id]


async def test_a_last_chance_is_nobodys_but_its_own_process(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job_id, later = await add(empty_database), await add(empty_database)
    await set_columns(connection, job_id, crashes=str(MOST_CRASHES - 1), ticket_at="now()")
    await set_columns(connection, later, crashes="2", run_at="now() + interval '1 hour'")
    assert await lifecycle.ticket(connection, most=5) == []
    assert await lifecycle.claim(connection, job_id, owner="one") is None
    assert await lifecycle.claim_next(connection, owner="one", most=5) == []
    assert await lifecycle.last_chances(connection) == [job_id]
    job = await lifecycle.claim_last_chance(connection, job_id, owner="one")
    assert job is not None
    assert (job.id, job.attempts, job.crashes) == (job_id, 1, 2)
    assert await lifecycle.last_chances(connection) == []
    assert await lifecycle.claim_last_chance(connection, job_id, owner="two") is None


async def test_an_ordinary_job_is_no_last_chance(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job_id = await add(empty_database)
    await set_columns(connection, job_id, crashes=str(MOST_CRASHES - 2))
    assert await lifecycle.last_chances(connection) == []
    assert await lifecycle.claim_last_chance(connection, job_id, owner="one") is None


async def test_each_lane_has_its_own_queue(
    empty_database: Database, connection: AsyncConnection
) -> None:
    jobs = {}
    for lane in ("main", "mail", "web"):
        jobs[lane] = await add(empty_database)
        await set_columns(connection, jobs[lane], lane=f"'{lane}'", ticket_at="now()")
    handed_out = await lifecycle.ticket(connection, most=5, lanes=["mail", "push"])
    assert [(ticket.job_id, ticket.lane) for ticket in handed_out] == [(jobs["mail"], "mail")]
    assert await lifecycle.claim(connection, jobs["web"], owner="x", lanes=["main"]) is None
    assert await lifecycle.claim_next(connection, owner="x", most=5, lane="push") == []
    (job,) = await lifecycle.claim_next(connection, owner="x", most=5, lane="web")
    assert (job.id, job.lane) == (jobs["web"], "web")


async def test_a_released_job_whose_effect_had_begun_is_ambiguous(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job = await add_claimed(empty_database, connection)
    await lifecycle.start_effect(connection, job)
    await lifecycle.release(connection, job)
    found = await row(connection, job.id)
    assert (found.state, found.attempts, found.ambiguous) == ("ready", 1, 1), "the attempt counts"
    again = await lifecycle.claim(connection, job.id, owner="two")
    assert again is not None
    assert (await row(connection, job.id)).effect_started_at is None


async def test_a_claim_whose_answer_was_lost_is_given_back(
    empty_database: Database, connection: AsyncConnection
) -> None:
    ours, theirs = await add(empty_database), await add_claimed(empty_database, connection)
    token = some_id()
    await lifecycle.claim(connection, ours, owner="one", token=token)
    await lifecycle.unclaim(connection, [token, some_id()])
    found = await row(connection, ours)
    assert (found.state, found.attempts, found.crashes) == ("ready", 0, 0)
    assert await lifecycle.ticket(connection, most=5)
    assert (await row(connection, theirs.id)).state == "running"


async def test_what_was_not_started_in_time_is_cancelled(
    empty_database: Database, connection: AsyncConnection
) -> None:
    expired, valid, running = [await add(empty_database) for _ in range(3)]
    await lifecycle.claim(connection, running, owner="one")
    for job_id, at in ((expired, "- interval '1 s'"), (valid, "+ interval '1 hour'"),
                       (running, "- interval '1 s'")):  # fmt: skip
        await set_columns(connection, job_id, expires_at=f"now() {at}")
    assert [job.id for job in await lifecycle.expire(connection)] == [expired]
    assert (await row(connection, expired)).state == "cancelled"


async def test_prune(empty_database: Database, connection: AsyncConnection) -> None:
    kept = set()
    for state in ("done", "cancelled", "dead"):
        for days in (6, 8, 89, 91):
            job_id = await add(empty_database)
            at = f"now() - interval '{days} days'"
            await set_columns(connection, job_id, state=f"'{state}'", finished_at=at)
            if days < (90 if state == "dead" else 7):
                kept.add(job_id)
    ready = await add(empty_database)
    await set_columns(connection, ready, created_at="now() - interval '1 year'")
    assert await lifecycle.prune(connection) == 7
    left = (await connection.execute(text("SELECT id FROM job"))).scalars().all()
    assert set(left) == kept | {ready}


async def test_how_long_the_oldest_waits(
    empty_database: Database, connection: AsyncConnection
) -> None:
    assert await lifecycle.oldest_due_seconds(connection) == 0
    job_id = await add(empty_database)
    later = await add(empty_database)
    await set_columns(connection, job_id, run_at="now() - interval '100 seconds'")
    await set_columns(connection, later, run_at="now() + interval '100 seconds'")
    assert 100 <= await lifecycle.oldest_due_seconds(connection) < 110
