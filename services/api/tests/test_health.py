"""Liveness and readiness."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete

from core.tests.make import a_reminder, a_task, a_user, make_due
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.reminders.models import Delivery, Reminder
from taskbell_local.stack import Stack

from .conftest import MakeApi

LATE = 90


async def test_alive_and_ready(api: httpx.AsyncClient, empty_database: Database) -> None:
    assert (await api.get("/health")).json() == {"status": "ok"}
    database = (await api.get("/health/db")).json()
    assert database["status"] == "ok"
    assert database["latency_ms"] > 0
    answer = await api.get("/health/ready")
    assert answer.status_code == 200
    checks = answer.json()["checks"]
    assert checks.pop("oldest_due_job_seconds") == 0
    assert checks.pop("oldest_due_reminder_seconds") == 0
    assert answer.json()["status"] == "ready"
    assert checks == {"database": "ok", "schema": "ok", "redis": "ok"}


async def test_another_schema_is_not_ready(make_api: MakeApi, servers: Stack) -> None:
    admin_only = servers.admin_url.rpartition("/")[0] + "/postgres"  # never migrated
    answer = await make_api(database_url=admin_only).get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["schema"] == "mismatch"
    assert answer.json()["checks"]["oldest_due_reminder_seconds"] is None


async def test_degraded_without_redis(make_api: MakeApi) -> None:
    answer = await make_api(redis_url="redis://127.0.0.1:1").get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["redis"] == "unreachable"


async def a_late_job(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Job(kind="tests.late", payload={}, run_at=now() - timedelta(seconds=LATE)))


async def a_late_reminder(database: Database) -> None:
    async with database.transaction() as session:
        reminder = await a_reminder(session, await a_task(session, await a_user(session)))
        await make_due(session, reminder, late=LATE)


async def a_mail_that_waits_for_its_retry(database: Database) -> None:
    async with database.transaction() as session:
        reminder = await a_reminder(session, await a_task(session, await a_user(session)))
        first = Delivery(
            reminder_id=reminder.id, job_id=reminder.id, attempt=1, channel="email", state="failed",
            fire_at=now(), planned_at=now() - timedelta(seconds=LATE),
        )  # fmt: skip
        again = Delivery(
            reminder_id=reminder.id, job_id=reminder.id, attempt=2, channel="email",
            fire_at=now(), planned_at=now() + timedelta(seconds=LATE),
        )  # fmt: skip
        session.add_all([first, again])


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (a_late_job, "job"),
        (a_late_reminder, "reminder"),
        (a_mail_that_waits_for_its_retry, "reminder"),
    ],
)
async def test_degraded_when_late(
    api: httpx.AsyncClient,
    empty_database: Database,
    make: Callable[[Database], Awaitable[None]],
    what: str,
) -> None:
    """It still serves, so 200: to take it out of the balancer would make nothing better."""
    await make(empty_database)
    answer = await api.get("/health/ready")
    checks = answer.json()["checks"]
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    other = {"job": "reminder", "reminder": "job"}[what]
    assert LATE <= checks[f"oldest_due_{what}_seconds"] < LATE + 30
    assert checks[f"oldest_due_{other}_seconds"] == 0
    async with empty_database.transaction() as session:
        for table in (Job, Reminder, Delivery):
            await session.execute(delete(table))
    assert (await api.get("/health/ready")).json()["status"] == "ready"
