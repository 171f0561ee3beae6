"""Firing: from a due reminder to what became of its message."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_task, a_user, make_due
from taskbell.clock import now
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders import delivering
from taskbell.reminders.delivering import Attempt, DueReminder, NotWanted, read_due
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.reminders.schemas import ReminderPatch
from taskbell.reminders.service import job_group, update_reminder
from taskbell.tasks.models import Task


async def due_reminder(session: AsyncSession, *, late: float = 1) -> Reminder:
    reminder = await a_reminder(session, await a_task(session, await a_user(session)))
    await make_due(session, reminder, late=late)
    return reminder


async def test_firing_writes_everything_at_once(session: AsyncSession) -> None:
    reminder = await due_reminder(session)
    fire_at = reminder.next_fire_at
    assert await fire_due(session) == 1
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("fired", None)
    assert (reminder.last_fire_at, reminder.version) == (fire_at, 1)
    job = (await session.scalars(select(Job))).one()
    assert (job.kind, job.state, job.group_key) == (
        "mail.reminder",
        "ready",
        job_group(reminder.id),
    )
    payload = ReminderPayload.model_validate(job.payload)
    assert payload == ReminderPayload(reminder_id=reminder.id, fire_at=fire_at, planned_at=fire_at)
    delivery = (await session.scalars(select(Delivery))).one()
    assert (delivery.job_id, delivery.state, delivery.attempt) == (job.id, "planned", 1)
    assert await fire_due(session) == 0


async def test_what_is_not_due_waits(session: AsyncSession) -> None:
    await a_reminder(session, await a_task(session, await a_user(session)))
    assert await fire_due(session) == 0


async def test_the_latest_first_and_not_too_many(session: AsyncSession) -> None:
    for late in (10, 30, 20):
        await due_reminder(session, late=late)
    assert await fire_due(session, most=2) == 2
    (left,) = await session.scalars(select(Reminder).where(col(Reminder.state) == "scheduled"))
    assert left.next_fire_at is not None
    assert now() - left.next_fire_at < timedelta(seconds=15)


async def test_an_occurrence_is_told_once_for_ever(session: AsyncSession) -> None:
    """Even when the job was pruned and the reminder set back."""
    reminder = await due_reminder(session)
    fire_at = reminder.next_fire_at
    await fire_due(session)
    await session.execute(text("DELETE FROM job"))
    await session.refresh(reminder)
    reminder.state, reminder.next_fire_at = "scheduled", fire_at
    await session.flush()
    assert await fire_due(session) == 1
    assert await session.scalar(select(func.count()).select_from(Job)) == 0
    assert await session.scalar(select(func.count()).select_from(Delivery)) == 1
    await session.refresh(reminder)
    assert reminder.state == "fired"


async def test_two_thousand_reminders_and_five_scanners(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        task = await a_task(session, await a_user(session))
        moment = now() - timedelta(seconds=1)
        rows = [
            {"id": new_id(), "task_id": task.id, "owner_id": task.owner_id, "at": moment,
             "channels": ["email"], "state": "scheduled", "next_fire_at": moment}
            for _ in range(2000)
        ]  # fmt: skip
        await session.execute(insert(Reminder), rows)

    async def scan() -> int:
        total, misses = 0, 0
        while misses < 3:  # a scan finds nothing while others hold the rest
            async with empty_database.transaction() as session:
                fired = await fire_due(session, most=100)
            total, misses = total + fired, misses + (fired == 0)
        return total

    assert sum(await asyncio.gather(*(scan() for _ in range(5)))) == 2000
    async with empty_database.transaction() as session:
        for table in (Job, Delivery, ReminderOccurrence):
            assert await session.scalar(select(func.count()).select_from(table)) == 2000
        told = select(func.count(func.distinct(col(Delivery.reminder_id))))
        assert await session.scalar(told) == 2000
        waiting = select(func.count()).where(col(Reminder.state) != "fired")
        assert await session.scalar(waiting) == 0


async def payload_of(session: AsyncSession) -> tuple[Reminder, ReminderPayload]:
    reminder = await due_reminder(session)
    await fire_due(session)
    job = (await session.scalars(select(Job))).one()
    await session.refresh(reminder)
    return reminder, ReminderPayload.model_validate(job.payload)


async def test_what_is_sent_is_read_when_it_is_sent(session: AsyncSession) -> None:
    reminder, payload = await payload_of(session)
    await session.execute(update(Task).values(title="a new title"))
    due = await read_due(session, payload)
    assert isinstance(due, DueReminder)
    assert (due.task.id, due.user.id) == (reminder.task_id, reminder.owner_id)
    assert due.task.title == "a new title"


UNWANTED = {
    "deleted": ("DELETE FROM reminder", "was deleted"),
    "moved": (
        "UPDATE reminder SET state = 'scheduled', next_fire_at = now() + interval '1 h'",
        "was moved",
    ),
    "done": ("UPDATE task SET completed_at = now()", "done or deleted"),
    "trashed": ("UPDATE task SET deleted_at = now()", "done or deleted"),
    "inactive": ("UPDATE user_account SET is_active = false", "no access"),
}


@pytest.mark.parametrize(("change", "reason"), UNWANTED.values(), ids=UNWANTED)
async def test_what_is_no_longer_wanted(session: AsyncSession, change: str, reason: str) -> None:
    _, payload = await payload_of(session)
    await session.execute(text(change))
    session.expire_all()
    due = await read_due(session, payload)
    assert isinstance(due, NotWanted)
    assert reason in due.reason


async def test_a_moved_reminder_is_not_wanted_at_the_old_time(session: AsyncSession) -> None:
    reminder, payload = await payload_of(session)
    await update_reminder(
        session, owner_id=reminder.owner_id, reminder_id=reminder.id,
        patch=ReminderPatch(at=now() + HOUR),
    )  # fmt: skip
    assert isinstance(await read_due(session, payload), NotWanted)


# --- what becomes of each attempt ---------------------------------------------------------------

Step = tuple[str, int, dict[str, Any]]


def begin(number: int) -> Step:
    return "begin_delivery", number, {}


def end(number: int, state: str, response: str = "said") -> Step:
    return "end_delivery", number, {"state": state, "response": response}


def again(number: int) -> Step:
    return "plan_next_attempt", number, {"planned_at": now() + HOUR}


STORIES: dict[str, tuple[list[Step], list[tuple[int, str]]]] = {
    "planned": ([], [(1, "planned")]),
    "on its way": ([begin(1)], [(1, "sending")]),
    "sent": ([begin(1), end(1, "sent")], [(1, "sent")]),
    "skipped": ([end(1, "skipped")], [(1, "skipped")]),
    "refused": ([begin(1), end(1, "failed")], [(1, "failed")]),
    "could not connect": ([end(1, "failed"), again(1)], [(1, "failed"), (2, "planned")]),
    "sent at the third attempt": (
        [end(1, "failed"), again(1), begin(2), end(2, "unknown"), again(2), begin(3),
         end(3, "sent")],
        [(1, "failed"), (2, "unknown"), (3, "sent")],
    ),
    "released and begun again": ([begin(1), begin(1), end(1, "sent")], [(1, "sent")]),
    # the next ones begin with a worker that died, so that nobody planned the attempt
    "died before it began": ([begin(2), end(2, "sent")], [(2, "sent")]),
    "died before it began, then skipped": ([end(2, "skipped")], [(2, "skipped")]),
    "died while it was on its way": (
        [begin(1), begin(2), end(2, "sent")], [(1, "unknown"), (2, "sent")],
    ),
    "died on its way, then could not connect": (
        [begin(1), end(2, "failed"), again(2)], [(1, "unknown"), (2, "failed"), (3, "planned")],
    ),
    "died on its way, then skipped": (
        [begin(1), end(2, "skipped")], [(1, "unknown"), (2, "skipped")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "wanted"), STORIES.values(), ids=STORIES)
async def test_each_attempt_is_noted(
    session: AsyncSession, steps: list[Step], wanted: list[tuple[int, str]]
) -> None:
    _, payload = await payload_of(session)
    job_id = (await session.scalars(select(col(Job.id)))).one()
    for name, number, more in steps:
        attempt = Attempt(payload, job_id, number, "email")
        await getattr(delivering, name)(session, attempt, **more)
    rows = list(
        await session.scalars(
            select(Delivery)
            .order_by(col(Delivery.attempt))
            .execution_options(populate_existing=True)
        )
    )
    assert [(row.attempt, row.state) for row in rows] == wanted
    for row in rows:
        ended = row.state not in {"planned", "sending"}
        assert (row.finished_at is not None) is ended
        assert (row.response is not None) is ended
        assert (row.late_seconds is not None) is (row.state == "sent")


async def test_the_answer_of_a_server_may_be_anything(session: AsyncSession) -> None:
    _, payload = await payload_of(session)
    job_id = (await session.scalars(select(col(Job.id)))).one()
    attempt = Attempt(payload, job_id, 1, "email")
    await delivering.end_delivery(
        session, attempt, state="sent", response="250 \udce9\x00" + "x" * 999
    )
    row = (await session.scalars(select(Delivery))).one()
    await session.refresh(row)
    assert row.response is not None
    assert len(row.response) == 500


async def test_nothing_is_noted_of_a_deleted_reminder(session: AsyncSession) -> None:
    _, payload = await payload_of(session)
    job_id = (await session.scalars(select(col(Job.id)))).one()
    await session.execute(text("DELETE FROM reminder"))
    attempt = Attempt(payload, job_id, 1, "email")
    await delivering.end_delivery(session, attempt, state="skipped", response="deleted")
    assert await session.scalar(select(func.count()).select_from(Delivery)) == 0


@pytest.mark.parametrize(("begun", "state"), [(False, "failed"), (True, "unknown")])
async def test_the_owner_sees_that_a_job_was_given_up(
    session: AsyncSession, begun: bool, state: str
) -> None:
    _, payload = await payload_of(session)
    job_id = (await session.scalars(select(col(Job.id)))).one()
    if begun:
        await delivering.begin_delivery(session, Attempt(payload, job_id, 1, "email"))
    await delivering.abandon_deliveries(session, job_ids=[job_id], reason="given up")
    row = (await session.scalars(select(Delivery))).one()
    await session.refresh(row)
    assert (row.state, row.response) == (state, "given up")


async def test_the_scan_searches_its_index(empty_database: Database) -> None:
    async with empty_database.connection() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        query = "SELECT id FROM reminder WHERE next_fire_at <= statement_timestamp()"
        lines = (await connection.execute(text(f"EXPLAIN {query}"))).scalars().all()
        await connection.execute(text("RESET enable_seqscan"))
    assert any("ix_reminder_due" in line for line in lines)
    assert any("Index Cond: (next_fire_at <=" in line for line in lines)
