"""The rounds of the clock."""

import asyncio
import time
from datetime import timedelta

import pytest
from arq.connections import ArqRedis
from sqlalchemy import func, select, text
from sqlmodel import col

from core.tests.make import a_reminder, a_task, a_user, make_due
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.models import Job
from taskbell.reminders.models import Delivery
from taskbell_worker.relay import Relay
from taskbell_worker.schedule import Schedule

from .conftest import Add, Find, MakeRunner


@pytest.fixture
def schedule(empty_database: Database, redis: ArqRedis, make_runner: MakeRunner) -> Schedule:
    relay = Relay(empty_database, redis, make_runner(), away_seconds=1, patience=60)
    return Schedule(empty_database, relay)


async def a_due_reminder(database: Database) -> None:
    async with database.transaction() as session:
        reminder = await a_reminder(session, await a_task(session, await a_user(session)))
        await make_due(session, reminder)


async def test_reminders_fire_and_the_next_look_is_at_the_next_second(
    schedule: Schedule, empty_database: Database
) -> None:
    await a_due_reminder(empty_database)
    pause = await schedule.fire_reminders()
    into_the_second = (time.time() + pause) % 1
    assert 0 < pause <= 1.005
    assert into_the_second < 0.2 or into_the_second > 0.99
    async with empty_database.transaction() as session:
        assert (await session.scalars(select(col(Job.kind)))).all() == ["mail.reminder"]


async def test_a_daily_job_is_enqueued_once_a_day(
    schedule: Schedule, empty_database: Database
) -> None:
    await asyncio.gather(*(schedule.daily() for _ in range(4)))
    async with empty_database.transaction() as session:
        jobs = (await session.scalars(select(Job))).all()
    assert sorted(job.kind for job in jobs) == ["session.prune", "trash.purge"]
    assert {job.dedupe_key for job in jobs} == {now().date().isoformat()}


async def test_the_sweep_takes_jobs_back(
    schedule: Schedule, empty_database: Database, add: Add, find: Find
) -> None:
    swept, expired = await add(), await add(expires_at=now() - timedelta(seconds=1))
    async with empty_database.connection() as connection:
        await lifecycle.claim(connection, swept, owner="somebody who died", lease=-1)
    await schedule.sweep()
    job = await find(swept)
    assert (job.state, job.crashes) == ("ready", 1)
    assert "somebody who died" in job.last_error
    assert (await find(expired)).state == "cancelled"


async def test_the_owner_sees_that_a_reminder_was_given_up(
    schedule: Schedule, empty_database: Database
) -> None:
    """A mail that kills its worker three times: its delivery must not be on its way for ever."""
    await a_due_reminder(empty_database)
    await schedule.fire_reminders()
    async with empty_database.connection() as connection:
        job_id = await connection.scalar(text("SELECT id FROM job"))
        for _ in range(lifecycle.MOST_CRASHES):
            await lifecycle.claim(connection, job_id, owner="x", lease=-1)
            await schedule.sweep()
        assert await connection.scalar(text("SELECT state FROM job")) == "dead"
    async with empty_database.transaction() as session:
        (delivery,) = await session.scalars(select(Delivery))
    assert (delivery.state, delivery.finished_at is not None) == ("failed", True)


async def test_old_jobs_are_pruned(schedule: Schedule, empty_database: Database, add: Add) -> None:
    await add()
    async with empty_database.connection() as connection:
        await connection.execute(
            text("UPDATE job SET state = 'done', finished_at = now() - interval '8 days'")
        )
    await schedule.prune()
    async with empty_database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Job)) == 0
