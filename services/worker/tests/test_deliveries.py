"""Many reminders at once, through the runner to a mail server: together where that can be."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import text

from core.tests.mail.scripted import Server
from core.tests.make import a_reminder, a_task, a_user, make_due
from taskbell.clock import now
from taskbell.db import Database, normalise_url
from taskbell.reminders.firing import fire_due
from taskbell_worker.registry import registry
from taskbell_worker.runner import Runner

from .conftest import MakeRunner
from .proxy import proxy_to
from .waiting import until


async def fire(database: Database, count: int, *, confirmed: bool = True) -> list[UUID]:
    """Fire reminders of one person; return the reminders."""
    async with database.transaction() as session:
        user = await a_user(session, email_verified_at=now() if confirmed else None)
        reminders = []
        for number in range(count):
            task = await a_task(session, user, title=f"Task {number}")
            reminders.append(await a_reminder(session, task))
            await make_due(session, reminders[-1])
        await fire_due(session)
    return [reminder.id for reminder in reminders]


async def work_off(runner: Runner, database: Database) -> None:
    """Run what is due until nothing is."""

    async def nothing_left() -> bool:
        await runner.take_next()
        async with database.connection() as connection:
            left = await connection.scalar(
                text("SELECT count(*) FROM job WHERE state = 'running'"
                     " OR state = 'ready' AND run_at <= now()")
            )  # fmt: skip
        return left == 0 and runner.running == 0

    await until(nothing_left)


async def states(database: Database) -> Counter[tuple[str, int]]:
    async with database.connection() as connection:
        rows = await connection.execute(text("SELECT state, attempt FROM delivery"))
        return Counter((row.state, row.attempt) for row in rows)


async def committed(database: Database) -> int:
    """How many transactions of writers there were in this database so far."""
    async with database.connection() as connection:
        xact = await connection.scalar(text("SELECT pg_current_xact_id()::text::bigint"))
    assert isinstance(xact, int)
    return xact


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    return make_runner(registry=registry)


async def test_many_are_sent_with_a_few_transactions(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await fire(empty_database, 60)
    before = await committed(empty_database)
    await work_off(runner, empty_database)
    assert await states(empty_database) == {("sent", 1): 60}
    assert len(smtp.mails) == 60
    # a claim, a begin and an end each would be 180
    assert await committed(empty_database) - before < 120
    async with empty_database.connection() as connection:
        links = await connection.scalar(text("SELECT count(*) FROM mailed_link"))
    assert links == 60, "the link of each mail works"


async def test_those_in_whose_way_something_is_go_alone(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    reminders = await fire(empty_database, 20)
    done = reminders[:5]
    async with empty_database.connection() as connection:
        await connection.execute(
            text("UPDATE task SET completed_at = now() WHERE id IN"
                 " (SELECT task_id FROM reminder WHERE id = ANY(:ids))"), {"ids": done},
        )  # fmt: skip
        # the worker died over this one: what became of its first attempt nobody knows
        await connection.execute(
            text("UPDATE delivery SET state = 'sending' WHERE reminder_id = :id"),
            {"id": reminders[5]},
        )
        await connection.execute(
            text("UPDATE job SET attempts = 1 FROM delivery WHERE job.id = job_id"
                 " AND reminder_id = :id"), {"id": reminders[5]},
        )  # fmt: skip
    await work_off(runner, empty_database)
    found = await states(empty_database)
    assert found == {("skipped", 1): 5, ("unknown", 1): 1, ("sent", 2): 1, ("sent", 1): 14}
    assert len(smtp.mails) == 15


async def test_a_refusal_among_many_is_its_own(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await fire(empty_database, 10)
    smtp.script_of_connection = {0: {"dot": "554 spam"}, 1: {"RCPT": "450 later"}}
    await work_off(runner, empty_database)
    found = await states(empty_database)
    failed, planned = found["failed", 1], found["planned", 2]
    assert failed >= 1
    assert found["sent", 1] + failed == 10
    async with empty_database.connection() as connection:
        rows = await connection.execute(text("SELECT state, count(*) FROM job GROUP BY state"))
        jobs = {row[0]: row[1] for row in rows}
    assert jobs.get("ready", 0) == planned
    assert jobs["done"] == found["sent", 1]


async def test_what_was_sent_is_noted_once_postgres_is_back(
    empty_database: Database, database_url: str, make_runner: MakeRunner, smtp: Server
) -> None:
    """Postgres went away between the server's yes and our commit."""
    await fire(empty_database, 1)
    url = normalise_url(database_url)
    async with proxy_to(url.port or 5432) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port)
        away = Database(through.render_as_string(hide_password=False), application_name="x")
        runner = make_runner(registry=registry, database=away)
        await runner.take_next()
        await smtp.has_mail.wait()
        proxy.cut()
        await asyncio.sleep(0.5)
        assert await states(empty_database) == {("sending", 1): 1}
        proxy.mend()

        async def noted() -> bool:
            return await states(empty_database) == {("sent", 1): 1}

        await until(noted)
        await away.close()
    assert len(smtp.mails) == 1


async def test_a_drain_gives_back_what_waits_for_a_connection(
    empty_database: Database, make_runner: MakeRunner, smtp: Server
) -> None:
    """The mail server takes nothing: none of them has begun, and no attempt is counted."""
    runner = make_runner(registry=registry, smtp_timeout=20)
    await fire(empty_database, 12)
    smtp.script = {"RCPT": "hang"}
    await runner.take_next()

    async def asked() -> bool:
        return any(command.startswith("RCPT") for command in smtp.commands)

    await until(asked)
    await runner.drain(0)
    async with empty_database.connection() as connection:
        rows = await connection.execute(
            text("SELECT DISTINCT state, attempts, ambiguous, crashes FROM job")
        )
        assert [tuple(row) for row in rows] == [("ready", 0, 0, 0)]
    assert await states(empty_database) == {("planned", 1): 12}


async def test_changes_are_told_to_open_pages(
    database_url: str, empty_database: Database, make_runner: MakeRunner, smtp: Server
) -> None:
    told: list[UUID] = []

    async def tell(owners: list[UUID]) -> None:
        told.extend(owners)

    telling = Database(database_url, application_name="x", after_change=tell)
    await fire(empty_database, 5)
    await work_off(make_runner(registry=registry, database=telling), empty_database)
    async with empty_database.transaction() as session:
        owner = await session.scalar(text("SELECT id FROM user_account"))
    assert set(told) == {owner}
    assert len(smtp.mails) == 5
    await telling.close()


@pytest.mark.parametrize("deleted", [False, True])
async def test_an_attempt_that_fails_while_its_reminder_is_deleted_ends(
    empty_database: Database, runner: Runner, smtp: Server, deleted: bool
) -> None:
    """The deletion holds the reminder and waits for its deliveries: first one, then the other."""
    (reminder_id,) = await fire(empty_database, 1)
    smtp.script["RCPT"] = "451 later"
    async with empty_database.transaction() as session:
        lock = text("SELECT id FROM reminder WHERE id = :id FOR UPDATE")
        await session.execute(lock, {"id": reminder_id})
        await runner.take_next()

        async def waits() -> bool:
            async with empty_database.connection() as connection:
                query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                return bool(await connection.scalar(text(query)))

        await until(waits)
        if deleted:
            delete = text("DELETE FROM reminder WHERE id = :id")
            await session.execute(delete, {"id": reminder_id})
    async with empty_database.connection() as connection:

        async def ended() -> bool:
            return bool(await connection.scalar(text("SELECT state = 'ready' FROM job")))

        await until(ended)
    left = {("failed", 1): 1, ("planned", 2): 1}
    assert await states(empty_database) == ({} if deleted else left)
