"""Many deliveries at once: the usual ones with a statement, and nothing done to any other."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from core.tests.make import a_reminder, a_task, a_user, make_due, some_id
from taskbell.accounts import links
from taskbell.accounts.models import MailedLink, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.lifecycle import ClaimedJob
from taskbell.jobs.models import Job
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders.delivering import (
    Attempt,
    DueReminder,
    NotWanted,
    begin_delivery,
    read_due,
    read_due_many,
)
from taskbell.reminders.firing import fire_due
from taskbell.reminders.links import NewReminderLink
from taskbell.reminders.many import Going, begin_many, end_many
from taskbell.reminders.models import Delivery, Reminder
from taskbell.tasks.models import Task


async def fired(database: Database, count: int = 1, *, lease: float = 60) -> list[Going]:
    """Fire reminders of one user and claim their jobs."""
    async with database.transaction() as session:
        user = await a_user(session)
        for number in range(count):
            task = await a_task(session, user, title=f"Task {number}")
            await make_due(session, await a_reminder(session, task))
        await fire_due(session)
    async with database.connection() as connection:
        jobs = await lifecycle.claim_next(
            connection, owner="tests", most=count, lane="mail", lease=lease
        )
    assert len(jobs) == count
    return [going(job) for job in jobs]


def going(job: ClaimedJob) -> Going:
    payload = ReminderPayload.model_validate(job.payload)
    return Going(job, Attempt(payload, job.id, job.attempts, "email"))


async def begin(database: Database, asked: list[Going]) -> list[bool]:
    begun = await begin_many(database, asked, [None] * len(asked))
    return [one.job.id in begun for one in asked]


async def end(database: Database, asked: list[Going]) -> list[bool]:
    ended = await end_many(database, [(one, "250 taken") for one in asked])
    return [one.job.id in ended for one in asked]


async def all_of(database: Database, table: Any) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(select(table)))


async def test_from_planned_to_sent(empty_database: Database) -> None:
    asked = await fired(empty_database, 3)
    assert await begin(empty_database, asked[:2]) == [True, True]
    jobs = {job.id: job for job in await all_of(empty_database, Job)}
    assert [jobs[one.job.id].effect_started_at is not None for one in asked] == [True, True, False]
    rows = {row.job_id: row for row in await all_of(empty_database, Delivery)}
    assert [rows[one.job.id].state for one in asked] == ["sending", "sending", "planned"]
    assert await end(empty_database, asked) == [True, True, False]
    jobs = {job.id: job for job in await all_of(empty_database, Job)}
    assert [jobs[one.job.id].state for one in asked] == ["done", "done", "running"]
    row = {row.job_id: row for row in await all_of(empty_database, Delivery)}[asked[0].job.id]
    assert (row.state, row.response, row.attempt) == ("sent", "250 taken", 1)
    assert row.planned_at <= row.started_at <= row.finished_at
    assert row.late_seconds < 30


async def test_many_are_read_as_one_is(empty_database: Database) -> None:
    asked = await fired(empty_database, 2)
    payloads = [one.attempt.payload for one in asked]
    gone = replace_id(payloads[0])
    found = await read_due_many(empty_database, [*payloads, payloads[0], gone])
    async with empty_database.transaction() as session:
        for payload, due in zip(payloads, found, strict=False):
            assert await read_due(session, payload) == due
    titles = [due.task.title for due in found if isinstance(due, DueReminder)]
    assert sorted(titles[:2]) == ["Task 0", "Task 1"]
    assert found[2] == found[0]
    assert found[3] == NotWanted("the reminder was deleted")


def replace_id(payload: ReminderPayload) -> ReminderPayload:
    return payload.model_copy(update={"reminder_id": some_id()})


async def test_the_list_is_named_unless_it_is_the_inbox(empty_database: Database) -> None:
    (one,) = await fired(empty_database)
    for change, name in (("is_inbox = true", ""), ("is_inbox = false, name = 'Home'", "Home")):
        async with empty_database.transaction() as session:
            await session.execute(text(f"UPDATE task_list SET {change}"))  # noqa: S608
        (due,) = await read_due_many(empty_database, [one.attempt.payload])
        assert isinstance(due, DueReminder)
        assert due.list_name == name


async def test_the_link_in_the_mail_works_once_it_begins(empty_database: Database) -> None:
    asked = await fired(empty_database, 2)
    found = await read_due_many(empty_database, [one.attempt.payload for one in asked])
    made = [
        NewReminderLink.make(due, one.attempt.payload)
        for due, one in zip(found, asked, strict=True)
        if isinstance(due, DueReminder)
    ]
    assert len(await begin_many(empty_database, asked, [made[0], None])) == 2
    (link,) = await all_of(empty_database, MailedLink)
    assert link.token_hash == links.hash_of(made[0].token)
    assert (link.purpose, link.email, link.user_id) == (
        "reminder_action",
        made[0].email,
        made[0].user_id,
    )
    assert (link.reminder_id, link.fire_at) == (made[0].reminder_id, made[0].fire_at)
    assert link.expires_at - link.created_at == timedelta(days=7)


NOT_WANTED: dict[str, Any] = {
    "the task is done": update(Task).values(completed_at=now()),
    "the task is in the trash": update(Task).values(deleted_at=now()),
    "the reminder was moved": update(Reminder).values(last_fire_at=now()),
    "the reminder is planned again": update(Reminder).values(
        state="scheduled", next_fire_at=now() + timedelta(hours=1)
    ),
    "the reminder was deleted": text("DELETE FROM reminder"),
    "the owner is disabled": update(User).values(is_active=False),
    "the owner is to be deleted": update(User).values(deletion_at=now()),
}
NOT_USUAL: dict[str, Any] = {
    "the lease is over": update(Job).values(lease_until=now() - timedelta(seconds=1)),
    "the job was given back": update(Job).values(
        state="ready", lease_token=None, lease_owner=None, lease_until=None
    ),
    "the lease is somebody else's": update(Job).values(lease_token=some_id()),
    "an earlier attempt was cut off": update(Delivery).values(attempt=0, state="sending"),
    "there is no such delivery": text("DELETE FROM delivery"),
}
IN_THE_WAY = NOT_WANTED | NOT_USUAL


@pytest.mark.parametrize("name", IN_THE_WAY)
async def test_what_has_anything_in_the_way_is_left_alone(
    empty_database: Database, name: str
) -> None:
    asked = await fired(empty_database, 2)
    async with empty_database.transaction() as session:
        await session.execute(IN_THE_WAY[name])
        due = await read_due(session, asked[0].attempt.payload)
    assert isinstance(due, NotWanted) is (name in NOT_WANTED), "the statement says the same"
    assert await begin(empty_database, asked) == [False, False]
    assert {job.effect_started_at for job in await all_of(empty_database, Job)} == {None}
    assert not [row for row in await all_of(empty_database, Delivery) if row.started_at]


async def test_a_lease_is_prolonged_when_less_than_half_of_it_is_left(
    empty_database: Database,
) -> None:
    asked = await fired(empty_database, 2, lease=60)
    moment = now()
    left = {asked[0].job.id: timedelta(seconds=20), asked[1].job.id: timedelta(seconds=40)}
    async with empty_database.transaction() as session:
        for job_id, seconds in left.items():
            values = update(Job).values(lease_until=moment + seconds)
            await session.execute(values.where(col(Job.id) == job_id))
    assert await begin(empty_database, asked) == [True, True]
    until = {job.id: job.lease_until for job in await all_of(empty_database, Job)}
    assert until[asked[0].job.id] >= moment + timedelta(seconds=60)
    assert until[asked[1].job.id] == moment + timedelta(seconds=40)


async def test_two_leases_of_one_job_are_not_mixed_up(empty_database: Database) -> None:
    """The first was lost, and the same worker has the job again under another lease."""
    first, other = await fired(empty_database, 2)
    later = Going(replace(first.job, lease_token=some_id()), first.attempt)
    async with empty_database.transaction() as session:
        await session.execute(
            update(Job).where(col(Job.id) == first.job.id).values(lease_token=later.job.lease_token)
        )
    assert await begin(empty_database, [other, first]) == [True, False]
    assert await begin(empty_database, [later]) == [True]
    assert await end(empty_database, [other, first]) == [True, False]
    assert await end(empty_database, [later]) == [True]


@pytest.mark.parametrize("table", ["delivery", "reminder", "user_account"])
async def test_nobody_waits_for_rows_that_somebody_holds(
    empty_database: Database, table: str
) -> None:
    asked = await fired(empty_database, 2)
    async with empty_database.transaction() as session:
        await session.execute(text(f"SELECT * FROM {table} FOR UPDATE"))  # noqa: S608
        async with asyncio.timeout(5):
            assert await begin(empty_database, asked) == [False, False]
    assert await begin(empty_database, asked) == [True, True]


async def test_a_delivery_that_somebody_holds_ends_alone(empty_database: Database) -> None:
    asked = await fired(empty_database, 2)
    await begin(empty_database, asked)
    async with empty_database.transaction() as session:
        await session.execute(
            select(Delivery).where(col(Delivery.job_id) == asked[0].job.id).with_for_update()
        )
        async with asyncio.timeout(5):
            assert await end(empty_database, asked) == [False, True]


async def test_heartbeats_and_ends_at_once_do_not_block_each_other(
    empty_database: Database,
) -> None:
    """Both lock many jobs: in one order."""
    asked = await fired(empty_database, 60)

    async def beat() -> None:
        jobs = [one.job for one in asked]
        async with empty_database.connection() as connection:
            for _ in range(30):
                jobs.reverse()
                await lifecycle.heartbeat(connection, jobs)

    async def begin_and_end() -> None:
        for size in range(0, 60, 10):
            some = asked[size : size + 10][::-1]
            assert all(await begin(empty_database, some))
            assert all(await end(empty_database, some))

    async with asyncio.timeout(30):
        await asyncio.gather(beat(), beat(), begin_and_end())
    assert {job.state for job in await all_of(empty_database, Job)} == {"done"}


async def test_the_delivery_alone_agrees(empty_database: Database) -> None:
    """One begun alone is ended together, and the other way round."""
    (one,) = await fired(empty_database)
    async with empty_database.transaction() as session:
        await lifecycle.start_effect(session, one.job)
        await begin_delivery(session, one.attempt)
    assert await end(empty_database, [one]) == [True]
