"""The rounds of the clock."""

import asyncio
import time
from datetime import timedelta

import pytest
from arq.connections import ArqRedis
from sqlalchemy import func, select, text
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_task, a_user, make_due
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.models import MOST_CRASHES, Job
from taskbell.reminders.models import Delivery
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell_worker.relay import Relay
from taskbell_worker.schedule import FIRING_PAUSE_SECONDS, Schedule

from .conftest import Add, Find, MakeRunner


@pytest.fixture
def schedule(empty_database: Database, redis: ArqRedis, make_runner: MakeRunner) -> Schedule:
    relay = Relay(empty_database, redis, make_runner(), away_seconds=1, patience=60)
    return Schedule(empty_database, relay)


async def a_due_reminder(database: Database, *channels: str) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        at = {"at": now() + HOUR, "channels": list(channels or ["email"])}
        reminder = await a_reminder(session, await a_task(session, user), **at)
        await make_due(session, reminder)
        session.add(Webhook(owner_id=user.id, name="x", url="https://x.example", secret="whsec_"))


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


async def test_many_are_fired_a_part_at_a_time(
    schedule: Schedule, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskbell_worker.schedule.MOST_FIRED", 2)
    for _ in range(3):
        await a_due_reminder(empty_database)

    async def planned() -> int:
        async with empty_database.transaction() as session:
            return len((await session.scalars(select(col(Job.id)))).all())

    assert await schedule.fire_reminders() == FIRING_PAUSE_SECONDS
    assert await planned() == 2
    await schedule.fire_reminders()
    assert await planned() == 3


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
        for _ in range(MOST_CRASHES - 1):
            await lifecycle.claim(connection, job_id, owner="x", lease=-1)
            await schedule.sweep()
        await lifecycle.claim_last_chance(connection, job_id, owner="x", lease=-1)
        await schedule.sweep()
        assert await connection.scalar(text("SELECT state FROM job")) == "dead"
    async with empty_database.transaction() as session:
        (delivery,) = await session.scalars(select(Delivery))
    assert (delivery.state, delivery.finished_at is not None) == ("failed", True)


async def test_what_a_worker_died_of_is_over_on_every_channel(
    schedule: Schedule, empty_database: Database
) -> None:
    """A push message goes out by e-mail instead, a webhook's message has failed."""
    await a_due_reminder(empty_database, "push", "webhook")
    await schedule.fire_reminders()
    async with empty_database.connection() as connection:
        await connection.execute(
            text("UPDATE job SET crashes = :most").bindparams(most=MOST_CRASHES - 1)
        )
        for job_id in (await connection.scalars(text("SELECT id FROM job"))).all():
            await lifecycle.claim_last_chance(connection, job_id, owner="x", lease=-1)
    await schedule.sweep()
    async with empty_database.transaction() as session:
        states = dict((await session.execute(select(col(Job.kind), col(Job.state)))).all())
        message = (await session.scalars(select(WebhookMessage))).one()
        deliveries = {one.channel: one.state for one in await session.scalars(select(Delivery))}
    assert states == {"push.reminder": "dead", "webhook.send": "dead", "mail.reminder": "ready"}
    assert message.state == "failed"
    assert deliveries == {"push": "failed", "webhook": "failed", "email": "planned"}


async def test_old_jobs_are_pruned(schedule: Schedule, empty_database: Database, add: Add) -> None:
    await add()
    async with empty_database.connection() as connection:
        await connection.execute(
            text("UPDATE job SET state = 'done', finished_at = now() - interval '8 days'")
        )
    await schedule.prune()
    async with empty_database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Job)) == 0
