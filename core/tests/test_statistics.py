"""The figures of an installation, each told apart from its neighbours."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_reminder, a_session, a_task, a_user, an_api_token, make_due, some_id
from taskbell import statistics
from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.reminders.models import DELIVERY_STATES, Delivery, Reminder

DAY = timedelta(days=1)

NOTHING: dict[str, Any] = {
    "users": {"total": 0, "active": 0, "admins": 0, "disabled": 0, "leaving": 0},
    "sessions": 0,
    "api_tokens": 0,
    "tasks": {"total": 0, "pending": 0, "completed": 0, "trashed": 0},
    "reminders": {"scheduled": 0, "fired": 0, "snoozed": 0, "cancelled": 0},
    "deliveries_24h": dict.fromkeys(DELIVERY_STATES, 0),
    "jobs": {"ready": 0, "running": 0, "done": 0, "dead": 0, "cancelled": 0},
    "dead_jobs": {},
    "oldest_due_job_seconds": 0.0,
    "oldest_undelivered_seconds": 0.0,
}


def a_delivery(reminder: Reminder, state: str, *, ago: timedelta) -> Delivery:
    planned = now() - ago
    return Delivery(
        reminder_id=reminder.id, job_id=some_id(), attempt=1, channel="email", fire_at=planned,
        planned_at=planned, state=state,
    )  # fmt: skip


async def test_nothing_is_counted_as_nothing(session: AsyncSession) -> None:
    """Each state is there although nothing is in it: who draws a chart needs no surprises."""
    assert await statistics.collect(session) == NOTHING


async def test_users_sessions_and_tokens(session: AsyncSession) -> None:
    ada = await a_user(session)
    await a_user(session, role="admin")
    await a_user(session, role="admin", is_active=False)
    await a_user(session, deletion_at=now() + DAY)
    await a_user(session, is_active=False, deletion_at=now() + DAY)
    await a_session(session, ada)
    await a_session(session, ada, ended_at=now())
    await a_session(session, ada, expires_at=now() - DAY)
    await an_api_token(session, ada)
    figures = await statistics.collect(session)
    assert figures["users"] == {
        "total": 5, "active": 2, "admins": 1, "disabled": 2, "leaving": 2,
    }  # fmt: skip
    assert (figures["sessions"], figures["api_tokens"]) == (1, 1)


async def test_tasks_reminders_and_deliveries(session: AsyncSession) -> None:
    user = await a_user(session)
    task = await a_task(session, user)
    await a_task(session, user, completed_at=now())
    await a_task(session, user, completed_at=now(), deleted_at=now())
    await a_task(session, user, deleted_at=now())
    reminder = await a_reminder(session, task)
    snoozed = await a_reminder(session, task)
    snoozed.state, snoozed.snoozed_until = "snoozed", snoozed.next_fire_at
    hour = timedelta(hours=1)
    for state, ago in (("sent", hour), ("sent", 2 * hour), ("failed", hour), ("sent", 25 * hour)):
        session.add(a_delivery(reminder, state, ago=ago))
    await session.flush()
    figures = await statistics.collect(session)
    assert figures["tasks"] == {"total": 4, "pending": 1, "completed": 1, "trashed": 2}
    assert figures["reminders"] == NOTHING["reminders"] | {"scheduled": 1, "snoozed": 1}
    assert figures["deliveries_24h"] == NOTHING["deliveries_24h"] | {"sent": 2, "failed": 1}


async def test_jobs_and_how_long_the_oldest_waits(session: AsyncSession) -> None:
    for ago, state in ((timedelta(minutes=5), "ready"), (-DAY, "ready"), (DAY, "dead")):
        session.add(
            Job(
                kind="test.x",
                payload={},
                state=state,
                run_at=now() - ago,
                finished_at=now() if state == "dead" else None,
            )
        )
    await session.flush()
    figures = await statistics.collect(session)
    assert figures["jobs"] == NOTHING["jobs"] | {"ready": 2, "dead": 1}
    assert figures["dead_jobs"] == {"test.x": 1}
    assert 295 < figures["oldest_due_job_seconds"] < 360


async def test_how_late_the_latest_reminder_is(session: AsyncSession) -> None:
    reminder = await a_reminder(session, await a_task(session, await a_user(session)))
    await make_due(session, reminder, late=300)
    figures = await statistics.collect(session)
    assert 295 < figures["oldest_undelivered_seconds"] < 360
    assert figures["oldest_due_job_seconds"] == 0
