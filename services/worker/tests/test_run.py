"""A run: its end is one transaction with what it writes."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_user
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.errors import LeaseLostError
from taskbell.jobs.kinds import RetryPolicy
from taskbell.mail.smtp import Mailer
from taskbell_worker.run import Failure, Resources, Run

from .conftest import Add, Find


@pytest.fixture
async def run(add: Add, empty_database: Database) -> Run:
    async with empty_database.connection() as connection:
        job = await lifecycle.claim(connection, await add(), owner="tests")
    assert job is not None
    resources = Resources(empty_database, Mailer("smtp://localhost"), "a@b", "https://x")
    return Run(job, resources, RetryPolicy(base_seconds=100, jitter=0))


async def users(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


async def write(session: AsyncSession, *_: Any) -> None:
    await a_user(session)


async def write_and_fail(session: AsyncSession, *_: Any) -> None:
    await a_user(session)
    raise ZeroDivisionError


async def steal(run: Run) -> None:
    async with run.database.connection() as connection:
        await lifecycle.release(connection, run.job)


async def test_an_end_and_what_it_writes_come_together(run: Run, find: Find) -> None:
    await run.finish(write)
    assert ((await find(run.job.id)).state, await users(run.database)) == ("done", 1)
    assert run.outcome == "done"


async def test_neither_comes_when_writing_fails(run: Run, find: Find) -> None:
    with pytest.raises(ZeroDivisionError):
        await run.finish(write_and_fail)
    run.on_failure = write_and_fail
    with pytest.raises(ZeroDivisionError):
        await run.fail("why")
    assert ((await find(run.job.id)).state, await users(run.database)) == ("running", 0)
    assert run.outcome is None


async def test_nothing_is_written_without_the_lease(run: Run) -> None:
    await steal(run)
    run.on_failure = write
    for end in (run.finish(write), run.fail("why"), run.release()):
        with pytest.raises(LeaseLostError):
            await end
    assert await users(run.database) == 0


@pytest.mark.parametrize("permanent", [True, False])
async def test_a_failure_tells_when_the_next_attempt_is(
    run: Run, find: Find, permanent: bool
) -> None:
    failures: list[Failure] = []

    async def note(_session: AsyncSession, failure: Failure) -> None:
        failures.append(failure)

    run.on_failure = note
    await run.fail("why", permanent=permanent, ambiguous=True)
    job = await find(run.job.id)
    assert failures == [Failure("why", True, None if permanent else job.run_at)]
    assert (job.state, job.ambiguous) == ("dead" if permanent else "ready", 1)


@pytest.mark.parametrize(("told", "counted"), [(None, 1), (False, 0), (True, 1)])
async def test_an_effect_that_began_is_ambiguous_unless_one_knows(
    run: Run, find: Find, told: bool | None, counted: int
) -> None:
    async with run.database.transaction() as session:
        await run.start_effect(session)
    await run.fail("why", ambiguous=told)
    assert (await find(run.job.id)).ambiguous == counted
