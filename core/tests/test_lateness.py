"""How late we are: what counts, what does not, and what it costs with many rows."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from core.tests.make import a_reminder, a_task, a_user, make_due, some_id
from taskbell import lateness
from taskbell.clock import now
from taskbell.db import normalise_url
from taskbell.jobs.models import Job
from taskbell.reminders.models import Delivery, Reminder
from taskbell_local.stack import Stack

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
async def fired(session: AsyncSession) -> Reminder:
    """A reminder that nothing waits for any more."""
    reminder = await a_reminder(session, await a_task(session, await a_user(session)))
    reminder.state, reminder.next_fire_at = "fired", None
    await session.flush()
    return reminder


async def deliver(session: AsyncSession, reminder: Reminder, state: str, **fields: Any) -> Delivery:
    """Add a delivery; `ago`: when it was planned for."""
    ago = fields.pop("ago", 10 * MINUTE)
    wanted: dict[str, Any] = {"job_id": some_id(), "attempt": 1, "channel": "email"} | fields
    added = Delivery(
        reminder_id=reminder.id, state=state, fire_at=now() - HOUR, planned_at=now() - ago, **wanted
    )
    session.add(added)
    await session.flush()
    return added


async def late_minutes(session: AsyncSession) -> tuple[int, int]:
    found = await lateness.measure(session)
    assert found.is_late == (max(found.job, found.reminder) > 60)
    return int(found.job // 60), int(found.reminder // 60)


async def test_nothing_is_late(session: AsyncSession, fired: Reminder) -> None:
    await a_reminder(session, await a_task(session, await a_user(session)))
    for state in ("sent", "failed", "unknown", "skipped"):
        await deliver(session, fired, state)
    await deliver(session, fired, "planned", ago=-HOUR)  # held by quiet hours, say
    session.add(Job(kind="test.x", payload={}, run_at=now() + HOUR))
    session.add(
        Job(kind="test.x", payload={}, run_at=now() - HOUR, state="dead", finished_at=now())
    )
    await session.flush()
    found = await lateness.measure(session)
    assert (found.job, found.reminder, found.is_late) == (0.0, 0.0, False)


async def test_a_reminder_that_nobody_fires(session: AsyncSession) -> None:
    reminder = await a_reminder(session, await a_task(session, await a_user(session)))
    await make_due(session, reminder, late=125)
    assert await late_minutes(session) == (0, 2)
    reminder.updated_at = now() - MINUTE  # moved to a moment that had passed: late since then
    await session.flush()
    assert await late_minutes(session) == (0, 1)


@pytest.mark.parametrize("state", ["planned", "sending"])
@pytest.mark.parametrize("channel", ["email", "push", "webhook"])
async def test_a_delivery_past_its_plan(
    session: AsyncSession, fired: Reminder, state: str, channel: str
) -> None:
    await deliver(session, fired, state, channel=channel)
    assert await late_minutes(session) == (0, 10)


@pytest.mark.parametrize(("channel", "minutes"), [("email", 10), ("push", 10), ("webhook", 0)])
async def test_one_that_waits_for_its_retry(
    session: AsyncSession, fired: Reminder, channel: str, minutes: int
) -> None:
    """It IS late, though its next attempt is not due; but for somebody's webhook that is dead."""
    first = await deliver(session, fired, "failed", channel=channel)
    job = {"job_id": first.job_id, "channel": channel}
    await deliver(session, fired, "failed", attempt=2, ago=MINUTE, **job)
    await deliver(session, fired, "planned", attempt=3, ago=-HOUR, **job)
    assert await late_minutes(session) == (0, minutes)


@pytest.mark.parametrize("lane", ["main", "mail", "web", "push"])
@pytest.mark.parametrize("priority", [0, 10])
async def test_a_due_job_of_any_lane_and_priority(
    session: AsyncSession, lane: str, priority: int
) -> None:
    for one, other in (("main", 10), ("mail", 20), ("web", 0), ("push", 5)):
        session.add(Job(kind="test.x", payload={}, lane=one, priority=other, run_at=now()))
        session.add(Job(kind="test.x", payload={}, lane=one, priority=other, run_at=now() + HOUR))
    session.add(
        Job(kind="test.x", payload={}, lane=lane, priority=priority, run_at=now() - 7 * MINUTE)
    )
    await session.flush()
    assert await late_minutes(session) == (7, 0)


# --- what it costs ------------------------------------------------------------------------

FILL = (
    """
    INSERT INTO user_account (id, email, email_key, name, role, is_active, time_zone, version,
        created_at, updated_at)
    VALUES (gen_random_uuid(), 'x', 'x', '', 'user', true, 'UTC', 1, now(), now())
    """,
    """
    INSERT INTO task_list (id, owner_id, name, is_inbox, version, created_at, updated_at)
    SELECT gen_random_uuid(), id, 'x', true, 1, now(), now() FROM user_account
    """,
    """
    INSERT INTO task (id, owner_id, list_id, title, description, priority, time_zone,
        reminders_count, version, created_at, updated_at)
    SELECT gen_random_uuid(), owner_id, id, 'x', '', 2, 'UTC', 0, 1, now(), now() FROM task_list
    """,
    """
    INSERT INTO reminder (id, task_id, owner_id, at, channels, state, next_fire_at, version,
        created_at, updated_at)
    SELECT gen_random_uuid(), id, owner_id, now(), '{email}', 'scheduled',
        now() + (n - 5000) * interval '1 second', 1, now(), now()
    FROM task, generate_series(1, 50000) AS n
    """,
    """
    INSERT INTO delivery (id, reminder_id, job_id, attempt, channel, fire_at, state, planned_at)
    SELECT gen_random_uuid(), (SELECT id FROM reminder LIMIT 1), gen_random_uuid(),
        1 + (n % 10 = 0)::int, 'email', now() - interval '1 hour',
        CASE WHEN n % 5 = 0 THEN 'planned' ELSE 'sent' END, now() + (n - 25000) * interval '1 s'
    FROM generate_series(1, 50000) AS n
    """,
    """
    INSERT INTO job (id, kind, lane, payload, payload_version, state, priority, run_at, ticket_at,
        attempts, max_attempts, crashes, ambiguous, created_at, finished_at)
    SELECT gen_random_uuid(), 'x', (ARRAY['main', 'mail', 'web'])[1 + n % 3], '{}', 1,
        CASE WHEN n % 2 = 0 THEN 'ready' ELSE 'done' END, n % 3 * 10,
        now() + (n - 25000) * interval '1 second', now(), 0, 10, 0, 0, now(),
        CASE WHEN n % 2 = 1 THEN now() END
    FROM generate_series(1, 50000) AS n
    """,
)
TABLES = ("reminder", "delivery", "job")
EMPTY = ("DELETE FROM user_account", "DELETE FROM job")


@pytest_asyncio.fixture(scope="module")
async def full(servers: Stack) -> AsyncIterator[AsyncEngine]:
    """Tables with 50,000 rows each, much of it due; emptied at the end."""
    engine = create_async_engine(normalise_url(servers.owner_url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        vacuum = tuple(f"VACUUM ANALYZE {table}" for table in TABLES)
        for statement in (*EMPTY, *FILL, *vacuum):
            await connection.execute(text(statement.replace("::", r"\:\:")))
        yield engine
        for statement in (*EMPTY, *vacuum):
            await connection.execute(text(statement))
    await engine.dispose()


async def test_only_the_heads_of_indexes_are_read(full: AsyncEngine) -> None:
    async with full.connect() as connection:
        found = await lateness.measure(connection)
        analysed = text(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {lateness.LATENESS.text}")
        bound = analysed.bindparams(*lateness.LATENESS._bindparams.values())
        plan = "\n".join((await connection.execute(bound)).scalars())
    assert found.job > 24_000
    assert found.reminder > 24_000
    for table in TABLES:
        assert f"Seq Scan on {table}" not in plan, plan
    for index in ("ix_reminder_due", "ix_delivery_open", "ix_delivery_retried", "ix_job_due"):
        assert index in plan, plan
    assert "Rows Removed by Filter" not in plan, plan
    first = next(line for line in plan.splitlines() if "Buffers: shared" in line)
    pages = sum(
        int(part.partition("=")[2]) for part in first.split() if part[:4] in ("hit=", "read")
    )
    assert pages < 2000, plan
