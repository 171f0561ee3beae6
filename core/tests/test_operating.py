"""Figures for whoever watches: what waits and what was delivered lately, told apart."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_reminder, a_task, a_user, make_due, some_id
from taskbell import operating
from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.reminders.models import Delivery

HOUR = timedelta(hours=1)


def made(ago: timedelta) -> UUID:
    """An id as it was made a while ago."""
    milliseconds = int((now() - ago).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (some_id().int & ((1 << 80) - 1)))


async def test_nothing(session: AsyncSession) -> None:
    found = await operating.collect(await session.connection())
    assert (found.reminders_due, found.jobs, found.deliveries) == (0, {}, {})
    assert (found.late.job, found.late.reminder) == (0, 0)


async def test_each_is_told_from_its_neighbours(session: AsyncSession) -> None:
    task = await a_task(session, await a_user(session))
    reminder = await a_reminder(session, task)
    await make_due(session, await a_reminder(session, task))
    for kind, state, later in (
        ("test.x", "ready", -HOUR), ("test.x", "ready", HOUR), ("test.y", "ready", -HOUR),
        ("test.x", "dead", -HOUR), ("test.x", "done", -HOUR), ("test.x", "cancelled", -HOUR),
    ):  # fmt: skip
        finished = None if state == "ready" else now()
        session.add(
            Job(kind=kind, payload={}, state=state, run_at=now() + later, finished_at=finished)
        )
    for channel, state, ago in (
        ("email", "sent", HOUR), ("email", "sent", 23 * HOUR), ("email", "sent", 25 * HOUR),
        ("email", "failed", HOUR), ("push", "sent", HOUR),
    ):  # fmt: skip
        session.add(
            Delivery(
                id=made(ago), reminder_id=reminder.id, job_id=some_id(), attempt=1, channel=channel,
                state=state, fire_at=now() - ago, planned_at=now() - ago,
            )
        )  # fmt: skip
    await session.flush()
    found = await operating.collect(await session.connection())
    assert found.reminders_due == 1
    assert found.jobs == {("test.x", "due"): 1, ("test.y", "due"): 1, ("test.x", "dead"): 1}
    assert found.deliveries == {
        ("email", "sent"): 2, ("email", "failed"): 1, ("push", "sent"): 1,
    }  # fmt: skip
    assert found.late.job > 3500
