"""The state machine of a job (docs/state-machines.md): every transition and every guard."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.tests.jobs.table import add, add_claimed, forget_ticket, row, run_out, set_columns
from core.tests.make import some_id
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.errors import LeaseLostError
from taskbell.jobs.lifecycle import ClaimedJob, Ticket
from taskbell.jobs.limits import LEASE_SECONDS


async def lease_left(connection: AsyncConnection, job: ClaimedJob) -> float:
    query = text("SELECT extract(epoch FROM lease_until - now()) FROM job WHERE id = :id")
    return float(await connection.scalar(query, {"id": job.id}))


# --- tickets -------------------------------------------------------------------------


async def test_a_due_job_gets_a_ticket_once_in_a_while(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job_id = await add(empty_database)
    assert await lifecycle.ticket(connection, most=10) == [], "the doorbell has its second"
    await forget_ticket(connection, job_id)
    assert await lifecycle.ticket(connection, most=10) == [Ticket(job_id, 0)]
    assert await lifecycle.ticket(connection, most=10) == []
    await lifecycle.reticket(connection, [job_id, some_id()])
    assert await lifecycle.ticket(connection, most=10) == [Ticket(job_id, 0)]
    assert await lifecycle.reticket_all(connection) == 1
    assert await lifecycle.ticket(connection, most=10) == [Ticket(job_id, 0)]


async def test_what_gets_no_ticket(empty_database: Database, connection: AsyncConnection) -> None:
    later = await add(empty_database)
    await set_columns(connection, later, run_at="now() + interval '1 hour'", ticket_at="now()")
    running = await add_claimed(empty_database, connection)
    await forget_ticket(connection, running.id)
    assert await lifecycle.ticket(connection, most=10) == []
    assert await lifecycle.reticket_all(connection) == 0


async def test_tickets_are_no_more_than_asked_for(
    empty_database: Database, connection: AsyncConnection
) -> None:
    for job_id in [await add(empty_database) for _ in range(5)]:
        await forget_ticket(connection, job_id)
    assert len(await lifecycle.ticket(connection, most=3)) == 3
    assert len(await lifecycle.ticket(connection, most=3)) == 2


# whatever plan Postgres chooses, it must not pick rows twice: a nested loop runs a subquery again
PLANS = ["enable_hashjoin", "enable_mergejoin", "enable_hashagg", "enable_sort", "enable_indexscan",
         "enable_bitmapscan", "enable_material", "enable_memoize"]  # fmt: skip


async def test_no_plan_takes_more_than_asked_for(empty_database: Database) -> None:
    for _ in range(8):
        await add(empty_database)
    async with empty_database.transaction() as session:
        connection = await session.connection()
        for plan in PLANS:
            await connection.execute(text(f"SET LOCAL {plan} = off"))
        await connection.execute(text("UPDATE job SET ticket_at = now() - interval '1 second'"))
        assert len(await lifecycle.ticket(connection, most=3)) == 3
        assert len(await lifecycle.claim_next(connection, owner="one", most=3)) == 3


# --- claims --------------------------------------------------------------------------


async def test_a_claim_is_a_lease(empty_database: Database, connection: AsyncConnection) -> None:
    job = await add_claimed(empty_database, connection)
    found = await row(connection, job.id)
    assert (found.state, found.attempts, found.lease_owner) == ("running", 1, "one")
    assert (found.lease_token, job.attempts, job.kind) == (job.lease_token, 1, "test.note")
    assert LEASE_SECONDS - 5 < await lease_left(connection, job) <= LEASE_SECONDS


async def test_two_claimers_one_winner(empty_database: Database) -> None:
    job_id = await add(empty_database)

    async def claim(number: int) -> ClaimedJob | None:
        async with empty_database.connection() as connection:
            return await lifecycle.claim(connection, job_id, owner=str(number))

    won = [job for job in await asyncio.gather(*map(claim, range(8))) if job]
    assert len(won) == 1


UNCLAIMABLE = {
    "later": {"run_at": "now() + interval '1 hour'"},
    "expired": {"expires_at": "now() - interval '1 second'"},
    "done": {"state": "'done'", "finished_at": "now()"},
    "dead": {"state": "'dead'", "finished_at": "now()"},
    "cancelled": {"state": "'cancelled'", "finished_at": "now()"},
}


@pytest.mark.parametrize("columns", UNCLAIMABLE.values(), ids=UNCLAIMABLE)
async def test_a_stale_ticket_claims_nothing(
    empty_database: Database, connection: AsyncConnection, columns: dict[str, str]
) -> None:
    job_id = await add(empty_database)
    await set_columns(connection, job_id, **columns)
    assert await lifecycle.claim(connection, job_id, owner="one") is None
    assert await lifecycle.claim(connection, some_id(), owner="one") is None
    assert await lifecycle.claim_next(connection, owner="one", most=5) == []


async def test_claims_without_tickets(empty_database: Database) -> None:
    jobs = {await add(empty_database) for _ in range(20)}

    async def claim(number: int) -> list[ClaimedJob]:
        async with empty_database.connection() as connection:
            return await lifecycle.claim_next(connection, owner=str(number), most=4)

    taken = [job for some in await asyncio.gather(*map(claim, range(5))) for job in some]
    assert {job.id for job in taken} == jobs
    assert len(taken) == 20


async def test_the_most_important_first(
    empty_database: Database, connection: AsyncConnection
) -> None:
    jobs = [await add(empty_database) for _ in range(3)]
    await set_columns(connection, jobs[2], priority="10")
    taken = await lifecycle.claim_next(connection, owner="one", most=2)
    assert {job.id for job in taken} == {jobs[0], jobs[2]}


async def test_a_heartbeat_prolongs_what_is_still_ours(
    empty_database: Database, connection: AsyncConnection
) -> None:
    ours, lost, ended = [await add_claimed(empty_database, connection) for _ in range(3)]
    for job in (ours, lost):
        await set_columns(connection, job.id, lease_until="now() + interval '1 second'")
    await set_columns(connection, lost.id, lease_token="gen_random_uuid()")
    await lifecycle.done(connection, ended)
    assert await lifecycle.heartbeat(connection, [ours, lost, ended]) == {ours.id}
    assert await lease_left(connection, ours) > LEASE_SECONDS - 5
    assert await lease_left(connection, lost) < 5


# --- ends ----------------------------------------------------------------------------

End = Callable[[AsyncConnection, ClaimedJob], Awaitable[Any]]


async def fail(connection: AsyncConnection, job: ClaimedJob) -> Any:
    return await lifecycle.retry(connection, job, error="why", delay=100, ambiguous=True)


async def give_up(connection: AsyncConnection, job: ClaimedJob) -> Any:
    return await lifecycle.dead(connection, job, error="why")


ENDS: dict[str, tuple[End, str, int, int, str | None]] = {
    # the state, attempts, ambiguous and last error after a first attempt
    "done": (lifecycle.done, "done", 1, 0, None),
    "retry": (fail, "ready", 1, 1, "why"),
    "dead": (give_up, "dead", 1, 0, "why"),
    "release": (lifecycle.release, "ready", 0, 0, None),
}


@pytest.mark.parametrize(
    ("end", "state", "attempts", "ambiguous", "error"), ENDS.values(), ids=ENDS
)
async def test_ends(
    empty_database: Database, connection: AsyncConnection, end: End, state: str, attempts: int,
    ambiguous: int, error: str | None,
) -> None:  # fmt: skip
    job = await add_claimed(empty_database, connection)
    await end(connection, job)
    found = await row(connection, job.id)
    assert (found.state, found.attempts, found.ambiguous) == (state, attempts, ambiguous)
    assert found.last_error == error
    assert (found.lease_token, found.lease_owner, found.lease_until) == (None, None, None)
    assert (found.finished_at is not None) is (state in {"done", "dead"})


@pytest.mark.parametrize("case", ["somebody else's", "ended", "swept"])
@pytest.mark.parametrize("end", [*(case[0] for case in ENDS.values()), lifecycle.start_effect])
async def test_only_who_holds_the_lease_ends_a_job(
    empty_database: Database, connection: AsyncConnection, end: End, case: str
) -> None:
    job = await add_claimed(empty_database, connection)
    if case == "somebody else's":
        await set_columns(connection, job.id, lease_token="gen_random_uuid()")
    elif case == "ended":
        await lifecycle.done(connection, job)
    else:
        await run_out(connection, job.id)
        await lifecycle.sweep(connection)
    before = await row(connection, job.id)
    with pytest.raises(LeaseLostError):
        await end(connection, job)
    assert await row(connection, job.id) == before


async def test_a_retry_waits(empty_database: Database, connection: AsyncConnection) -> None:
    job = await add_claimed(empty_database, connection)
    run_at = await lifecycle.retry(connection, job, error="x", delay=0.2)
    found = await row(connection, job.id)
    assert found.run_at == run_at
    assert await lifecycle.claim(connection, job.id, owner="two") is None
    while (again := await lifecycle.claim(connection, job.id, owner="two")) is None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert (again.attempts, again.lease_token != job.lease_token) == (2, True)


async def test_an_error_may_be_any_text(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job = await add_claimed(empty_database, connection)
    await lifecycle.dead(connection, job, error="\udce9\x00" + "x" * 5000)
    assert len((await row(connection, job.id)).last_error) == 2000


async def test_an_effect_begins_only_within_the_lease(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job = await add_claimed(empty_database, connection)
    await set_columns(connection, job.id, lease_until="now() + interval '5 seconds'")
    await lifecycle.start_effect(connection, job)
    assert (await row(connection, job.id)).effect_started_at is not None
    assert await lease_left(connection, job) > LEASE_SECONDS - 5
    await run_out(connection, job.id)
    with pytest.raises(LeaseLostError):
        await lifecycle.start_effect(connection, job)
    await lifecycle.done(connection, job)  # not swept yet: still ours


async def test_an_end_is_part_of_a_transaction(
    empty_database: Database, connection: AsyncConnection
) -> None:
    job = await add_claimed(empty_database, connection)

    async def fail_late() -> None:
        async with empty_database.transaction() as session:
            await lifecycle.done(session, job)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_late()
    assert (await row(connection, job.id)).state == "running"
