"""The runner: slots, claims, leases and the end of each run."""

import asyncio
import time

import pytest
from sqlalchemy import text

from taskbell.db import Database, normalise_url
from taskbell.ids import new_id
from taskbell.jobs import lifecycle
from taskbell_worker.runner import Runner

from .conftest import Add, Find, MakeRunner
from .kinds import HASTY, MAILING, Stage
from .proxy import proxy_to
from .waiting import until


async def idle(runner: Runner) -> None:
    async def is_idle() -> bool:
        return runner.running == 0

    await until(is_idle)


ENDS = {
    "nothing": ("done", 1, None),
    "finish and raise": ("done", 1, None),
    "give up": ("dead", 1, "never"),
    "retry": ("ready", 1, "not yet"),
    "raise": ("ready", 1, "ZeroDivisionError: it broke ?\ufffd"),
}


@pytest.mark.parametrize("what", ENDS)
async def test_ends(what: str, add: Add, find: Find, make_runner: MakeRunner) -> None:
    runner, job_id = make_runner(), await add(what)
    await runner.take(job_id)
    await idle(runner)
    job = await find(job_id)
    assert (job.state, job.attempts, job.last_error) == ENDS[what]


async def test_a_job_that_fails_each_time_dies(
    add: Add, find: Find, make_runner: MakeRunner, stage: Stage
) -> None:
    runner, job_id = make_runner(), await add("raise")

    async def is_dead() -> bool:
        await runner.take(job_id)
        await idle(runner)
        return bool((await find(job_id)).state == "dead")

    await until(is_dead)
    job = await find(job_id)
    assert (job.attempts, stage.ran["raise"]) == (3, 3)


async def test_a_job_that_takes_too_long_is_stopped(
    add: Add, find: Find, make_runner: MakeRunner
) -> None:
    runner = make_runner()
    plain, begun = await add("wait", kind=HASTY), await add("effect and wait", kind=HASTY)
    for job_id in (plain, begun):
        await runner.take(job_id)
    await idle(runner)
    for job_id, ambiguous in ((plain, 0), (begun, 1)):
        job = await find(job_id)
        assert (job.state, job.ambiguous) == ("ready", ambiguous)
        assert job.last_error == "did not end within 0.05 s"


POISON = {
    "an unknown kind": ("kind = 'test.unheard-of'", "unknown kind test.unheard-of"),
    "another version": ("payload_version = 7", "payload version 7, this worker knows 1"),
    "a payload that does not fit": ("""payload = '{"how": 1}'""", "payload does not fit"),
    "no object": ("payload = '[]'", "payload does not fit"),
}


@pytest.mark.parametrize(("change", "reason"), POISON.values(), ids=POISON)
async def test_poison_dies_at_once(
    add: Add, find: Find, make_runner: MakeRunner, database: Database, stage: Stage, change: str,
    reason: str,
) -> None:  # fmt: skip
    runner, job_id = make_runner(), await add()
    async with database.connection() as connection:
        await connection.execute(text(f"UPDATE job SET {change}"))  # noqa: S608
    await runner.take(job_id)
    await idle(runner)
    job = await find(job_id)
    assert (job.state, job.last_error[: len(reason)]) == ("dead", reason)
    assert not stage.ran


async def test_stale_tickets_do_nothing(add: Add, make_runner: MakeRunner, stage: Stage) -> None:
    runner, job_id = make_runner(), await add()
    await runner.take(new_id())
    await asyncio.gather(*(runner.take(job_id) for _ in range(5)))
    await idle(runner)
    assert stage.ran["nothing"] == 1


async def test_no_more_than_its_slots(add: Add, make_runner: MakeRunner, stage: Stage) -> None:
    runner = make_runner(slots=3)
    jobs = [await add("wait") for _ in range(8)]
    taking = [asyncio.create_task(runner.take(job_id)) for job_id in jobs]

    async def is_full() -> bool:
        return stage.at_once == 3

    await until(is_full)
    assert await runner.take_next() == 0
    stage.gate.set()
    await asyncio.gather(*taking)

    async def all_ran() -> bool:
        return stage.ran["wait"] == 8

    await until(all_ran)
    assert stage.most_at_once == 3


async def test_claims_without_tickets(add: Add, make_runner: MakeRunner, stage: Stage) -> None:
    runner = make_runner(slots=3)
    for _ in range(5):
        await add("wait")
    assert await runner.take_next() == 3
    assert await runner.take_next() == 0
    stage.gate.set()
    await idle(runner)
    assert await runner.take_next() == 2
    await idle(runner)
    assert await runner.take_next() == 0
    # every slot is free again, and no slot came into being
    stage.gate.clear()
    for _ in range(5):
        await add("wait")
    assert await runner.take_next() == 3


async def test_a_full_lane_holds_up_no_other(
    add: Add, find: Find, make_runner: MakeRunner, stage: Stage
) -> None:
    runner = make_runner(slots=2)
    full = [await add("wait") for _ in range(3)]
    for job_id in full:
        await runner.take(job_id)
    assert runner.is_partly_full
    assert "main" not in runner.wants_tickets()
    mail = await add(kind=MAILING)
    await runner.take(mail)

    async def is_done() -> bool:
        return bool((await find(mail)).state == "done")

    await until(is_done)
    assert [(await find(job_id)).state for job_id in full] == ["running", "running", "ready"]
    stage.gate.set()

    async def all_ran() -> bool:
        return stage.ran["wait"] == 3

    await until(all_ran)  # the third without another ticket


async def test_a_ticket_of_a_full_lane_goes_back(
    add: Add, make_runner: MakeRunner, database: Database
) -> None:
    runner = make_runner(slots=1)
    waiting, other = await add("wait"), await add("wait")
    await runner.take(waiting)
    async with database.connection() as connection:
        await connection.execute(text("UPDATE job SET ticket_at = now() - interval '1 s'"))
        assert [ticket.job_id for ticket in await lifecycle.ticket(connection, most=5)] == [other]
        await runner.take(other)
        assert await lifecycle.ticket(connection, most=5) == []
        await runner.return_tickets()
        assert [ticket.job_id for ticket in await lifecycle.ticket(connection, most=5)] == [other]


async def test_a_lost_lease_stops_the_run(
    add: Add, find: Find, make_runner: MakeRunner, database: Database, stage: Stage
) -> None:
    runner, job_id = make_runner(), await add("wait")
    await runner.take(job_id)
    await runner.heartbeat()
    assert runner.running == 1
    async with database.connection() as connection:
        await connection.execute(text("UPDATE job SET lease_until = now() - interval '1 second'"))
        await lifecycle.sweep(connection)
    await runner.heartbeat()
    await idle(runner)
    job = await find(job_id)
    assert (job.state, job.crashes, stage.at_once) == ("ready", 1, 0)


async def test_a_heartbeat_prolongs_the_lease(
    add: Add, find: Find, make_runner: MakeRunner
) -> None:
    runner, job_id = make_runner(lease=30), await add("wait")
    await runner.take(job_id)
    before = (await find(job_id)).lease_until
    assert await runner.heartbeat() == 10
    assert (await find(job_id)).lease_until > before


async def test_a_run_stops_before_a_lease_it_cannot_prolong_ends(
    add: Add, make_runner: MakeRunner, database_url: str, stage: Stage
) -> None:
    """When Postgres is away somebody else may have the job the moment the lease is over."""
    lease = 3.0
    url = normalise_url(database_url)
    async with proxy_to(url.port or 5432) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port)
        database = Database(through.render_as_string(hide_password=False), application_name="x")
        runner = make_runner(database=database, lease=lease)
        await runner.take(await add("wait"))
        claimed = time.monotonic()
        assert await runner.heartbeat() == lease / 3
        proxy.cut()

        async def beats_in_vain() -> bool:
            pause = await runner.heartbeat()
            assert pause <= lease / 3
            if runner.running:
                await asyncio.sleep(pause)
            return runner.running == 0

        await until(beats_in_vain)
        assert time.monotonic() - claimed < lease
        assert stage.at_once == 0
        await database.close()


async def test_what_ended_is_said_once_postgres_is_back(
    add: Add, find: Find, make_runner: MakeRunner, database_url: str, stage: Stage
) -> None:
    url = normalise_url(database_url)
    async with proxy_to(url.port or 5432) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port)
        database = Database(through.render_as_string(hide_password=False), application_name="x")
        runner, job_id = make_runner(database=database), await add("wait")
        await runner.take(job_id)
        proxy.cut()
        stage.gate.set()

        async def handler_ended() -> bool:
            return stage.at_once == 0

        await until(handler_ended)
        assert (await find(job_id)).state == "running"
        proxy.mend()
        await idle(runner)
        assert ((await find(job_id)).state, stage.ran["wait"]) == ("done", 1)
        await database.close()


async def test_a_ticket_taken_in_vain_is_given_back(
    add: Add, find: Find, make_runner: MakeRunner, database: Database, database_url: str
) -> None:
    url = normalise_url(database_url)
    async with proxy_to(url.port or 5432) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port)
        away = Database(through.render_as_string(hide_password=False), application_name="x")
        runner, job_id = make_runner(database=away), await add()
        async with database.connection() as connection:
            await connection.execute(text("UPDATE job SET ticket_at = now() - interval '1 s'"))
            assert await lifecycle.ticket(connection, most=5)
            proxy.cut()
            await runner.take(job_id)
            assert await lifecycle.ticket(connection, most=5) == []
            proxy.mend()
            await runner.return_tickets()
            assert [ticket.job_id for ticket in await lifecycle.ticket(connection, most=5)] == [
                job_id
            ]
        await away.close()


# --- the end of a worker -------------------------------------------------------------


async def test_draining_lets_jobs_end(
    add: Add, find: Find, make_runner: MakeRunner, stage: Stage
) -> None:
    runner, job_id = make_runner(), await add("wait")
    await runner.take(job_id)
    draining = asyncio.create_task(runner.drain(20))
    await asyncio.sleep(0)
    late = await add()
    await runner.take(late)
    assert await runner.take_next() == 0
    stage.gate.set()
    await draining
    assert (await find(job_id)).state == "done"
    assert (await find(late)).state == "ready"


async def test_draining_releases_what_does_not_end(
    add: Add, find: Find, make_runner: MakeRunner
) -> None:
    runner = make_runner()
    plain, begun = await add("wait"), await add("effect and wait")
    for job_id in (plain, begun):
        await runner.take(job_id)

    async def effect_began() -> bool:
        return (await find(begun)).effect_started_at is not None

    await until(effect_began)
    await runner.drain(0.05)
    for job_id, counted in ((plain, 0), (begun, 1)):
        job = await find(job_id)
        assert (job.state, job.attempts, job.ambiguous) == ("ready", counted, counted)
        assert job.last_error == "released: the worker stopped"
    assert runner.running == 0


async def test_draining_cancels_again_what_swallowed_it(
    add: Add, find: Find, make_runner: MakeRunner, stage: Stage
) -> None:
    """As `wait_for` may in Python 3.11 (gh-86296)."""
    runner = make_runner()
    job_id = await add("swallow")
    await runner.take(job_id)

    async def runs() -> bool:
        return stage.at_once == 1

    await until(runs)
    await runner.drain(0)
    assert runner.running == 0
    assert (await find(job_id)).state == "ready"


async def test_a_claim_that_comes_back_after_the_drain_is_given_back(
    add: Add, find: Find, make_runner: MakeRunner, empty_database: Database
) -> None:
    runner, job_id = make_runner(), await add("wait")
    await runner.drain(0)
    async with empty_database.connection() as connection:
        claimed = await lifecycle.claim(connection, job_id, owner="tests")
    assert claimed is not None
    runner._start(claimed)
    assert runner.running == 0
    await runner.return_tickets()
    job = await find(job_id)
    assert (job.state, job.attempts) == ("ready", 0)
