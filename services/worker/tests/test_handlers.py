"""The handlers, from the job to what a real mail server got and the owner sees."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from core.tests.mail.scripted import DROP, HANG, Server
from core.tests.make import PASSWORD, a_reminder, a_task, a_user, make_due, some_id
from taskbell.accounts import service as accounts
from taskbell.accounts.models import AuthSession
from taskbell.clock import now
from taskbell.db import Database
from taskbell.housekeeping import DAILY, DailyPayload
from taskbell.jobs.models import Job
from taskbell.jobs.service import enqueue
from taskbell.mail.jobs import WELCOME, WelcomePayload
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Delivery
from taskbell.tasks.models import Task
from taskbell_worker import handlers
from taskbell_worker.registry import registry
from taskbell_worker.runner import Runner

from .conftest import MakeRunner
from .waiting import until

assert handlers  # registers them


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    return make_runner(registry=registry)


async def run(runner: Runner, database: Database) -> Job:
    """Run the only job once, although it may be due later; return it."""
    async with database.connection() as connection:
        job_id = await connection.scalar(
            text("UPDATE job SET run_at = now() WHERE state = 'ready' RETURNING id")
        )
    await runner.take(job_id)

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
    job: Job = await only(database, Job)
    return job


async def only(database: Database, table: type[Any]) -> Any:
    async with database.transaction() as session:
        return (await session.scalars(select(table))).one()


async def deliveries(database: Database) -> list[tuple[int, str]]:
    async with database.transaction() as session:
        rows = await session.scalars(select(Delivery).order_by(col(Delivery.attempt)))
        return [(row.attempt, row.state) for row in rows]


async def remind(
    database: Database, *, late: float = 1, email: str = "ada@example.com", **task: Any
) -> UUID:
    """Fire a reminder; return its job."""
    async with database.transaction() as session:
        user = await a_user(session, email=email, name="Ada", time_zone="Europe/Zurich")
        reminder = await a_reminder(session, await a_task(session, user, **task))
        await make_due(session, reminder, late=late)
        await fire_due(session)
    job: Job = await only(database, Job)
    return job.id


def received(server: Server) -> EmailMessage:
    (mail,) = server.mails
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


# --- addresses that nobody confirmed -------------------------------------


@pytest.mark.parametrize("confirmed", [True, False])
async def test_strangers_get_a_bounded_number_of_reminders(
    empty_database: Database, make_runner: MakeRunner, smtp: Server, confirmed: bool
) -> None:
    """Whoever signed up with somebody else's address could send them anything, all day."""
    runner = make_runner(registry=registry, unconfirmed_per_day=1)
    async with empty_database.transaction() as session:
        user = await a_user(session, name="Buy now", email_verified_at=now() if confirmed else None)
        for _ in range(3):
            await make_due(session, await a_reminder(session, await a_task(session, user)))
        await fire_due(session)
        jobs = list(await session.scalars(select(col(Job.id))))
    for job_id in jobs:  # one after the other
        await runner.take(job_id)

        async def ended() -> bool:
            return runner.running == 0

        await until(ended)
    states = sorted(state for _, state in await deliveries(empty_database))
    assert states == (["sent"] * 3 if confirmed else ["sent", "skipped", "skipped"])
    assert len(smtp.mails) == (3 if confirmed else 1)
    assert (b"Buy now" in smtp.mails[0]) == confirmed, "nor is the name theirs to send"


# --- welcome -------------------------------------------------------------


async def test_a_new_account_is_welcomed(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    async with empty_database.transaction() as session:
        await accounts.sign_up(
            session, email="zoë@example.com", password=PASSWORD, name="Zoë", time_zone="UTC"
        )
    job = await run(runner, empty_database)
    assert job.state == "done"
    message = received(smtp)
    assert message["Subject"] == "Welcome to Taskbell"
    assert message["Message-ID"] == f"<{job.id}@example.org>"
    assert "zoë@example.com" in text_of(message)


async def test_nobody_is_not_welcomed(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    async with empty_database.transaction() as session:
        await enqueue(session, WELCOME, WelcomePayload(user_id=some_id()))
    assert (await run(runner, empty_database)).state == "done"
    assert smtp.commands == []


# --- reminders -------------------------------------------------------------


async def test_a_reminder_is_sent(empty_database: Database, runner: Runner, smtp: Server) -> None:
    job_id = await remind(empty_database, title="Pay the rent 💚", description="*both* halves")
    assert (await run(runner, empty_database)).state == "done"
    message = received(smtp)
    assert message["Subject"] == "Reminder: Pay the rent 💚"
    assert message["Message-ID"] == f"<{job_id}@example.org>"
    assert "*both* halves" in text_of(message)
    assert "This reminder is" not in text_of(message), "it is not late"
    delivery = await only(empty_database, Delivery)
    assert (delivery.state, delivery.response, delivery.attempt) == ("sent", "250 taken", 1)
    assert delivery.planned_at <= delivery.started_at <= delivery.finished_at
    assert delivery.late_seconds < 30


async def test_a_late_reminder_says_so(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await remind(empty_database, late=7300)
    await run(runner, empty_database)
    assert "2 h late" in text_of(received(smtp))
    assert 7300 <= (await only(empty_database, Delivery)).late_seconds < 7400


FAILURES: dict[str, tuple[dict[str, str], str, int, list[tuple[int, str]]]] = {
    # the server's script; the job's state and ambiguous count; the deliveries
    "no connection": ({"greeting": DROP}, "ready", 0, [(1, "failed"), (2, "planned")]),
    "later": ({"RCPT": "450 busy"}, "ready", 0, [(1, "failed"), (2, "planned")]),
    "refused": ({"RCPT": "550 nobody"}, "dead", 0, [(1, "failed")]),
    "later, after the message": ({"dot": "451 full"}, "ready", 0, [(1, "failed"), (2, "planned")]),
    "refused, after the message": ({"dot": "554 spam"}, "dead", 0, [(1, "failed")]),
    "dropped after the message": ({"dot": DROP}, "ready", 1, [(1, "unknown"), (2, "planned")]),
    "silent after the message": ({"dot": HANG}, "ready", 1, [(1, "unknown"), (2, "planned")]),
    "silent before the message": ({"DATA": HANG}, "ready", 0, [(1, "failed"), (2, "planned")]),
}


@pytest.mark.parametrize(
    ("script", "state", "ambiguous", "attempts"), FAILURES.values(), ids=FAILURES
)
async def test_each_failure_is_noted(
    empty_database: Database, runner: Runner, smtp: Server, script: dict[str, str], state: str,
    ambiguous: int, attempts: list[tuple[int, str]],
) -> None:  # fmt: skip
    await remind(empty_database)
    smtp.script = script
    job = await run(runner, empty_database)
    assert (job.state, job.ambiguous, job.attempts) == (state, ambiguous, 1)
    assert await deliveries(empty_database) == attempts


async def test_a_mail_that_has_no_turn_is_not_tried(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    """A mail server that takes its time for others uses up no attempts."""
    await remind(empty_database)
    slots = runner._resources.mailer._slots
    held = slots._value
    for _ in range(held):
        await slots.acquire()
    job = await run(runner, empty_database)
    assert (job.state, job.attempts, job.ambiguous) == ("ready", 0, 0)
    assert timedelta(0) < job.run_at - now() < timedelta(seconds=10)
    assert await deliveries(empty_database) == [(1, "planned")]
    for _ in range(held):
        slots.release()
    job = await run(runner, empty_database)
    assert (job.state, job.attempts) == ("done", 1)
    assert await deliveries(empty_database) == [(1, "sent")]


async def test_a_mail_that_may_have_arrived_is_sent_again_under_the_same_id(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await remind(empty_database)
    smtp.script = {"dot": DROP}
    await run(runner, empty_database)
    smtp.script = {}
    assert (await run(runner, empty_database)).state == "done"
    ids = {message_from_bytes(mail, policy=default)["Message-ID"] for mail in smtp.mails}
    assert (len(smtp.mails), len(ids)) == (2, 1)
    assert await deliveries(empty_database) == [(1, "unknown"), (2, "sent")]


async def test_a_mail_that_was_taken_in_latin_1_is_sent_once(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await remind(empty_database)
    smtp.script = {"dot": "250 accept\xe9"}
    assert (await run(runner, empty_database)).state == "done"
    assert await deliveries(empty_database) == [(1, "sent")]
    assert len(smtp.mails) == 1


UNWANTED: dict[str, tuple[Any, list[tuple[int, str]]]] = {
    "done": (update(Task).values(completed_at=now()), [(1, "skipped")]),
    "moved": (
        text("UPDATE reminder SET state = 'scheduled', next_fire_at = now() + interval '1 h'"),
        [(1, "skipped")],
    ),
    "deleted": (text("DELETE FROM reminder"), []),
    "inactive": (text("UPDATE user_account SET is_active = false"), [(1, "skipped")]),
}


@pytest.mark.parametrize(("change", "attempts"), UNWANTED.values(), ids=UNWANTED)
async def test_what_is_no_longer_wanted_is_not_sent(
    empty_database: Database, runner: Runner, smtp: Server, change: Any,
    attempts: list[tuple[int, str]],
) -> None:  # fmt: skip
    await remind(empty_database)
    async with empty_database.transaction() as session:
        await session.execute(change)
    assert (await run(runner, empty_database)).state == "done"
    assert smtp.commands == []
    assert await deliveries(empty_database) == attempts


async def test_nothing_is_sent_without_the_lease(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    """The lease was lost while the server thought about the recipient."""
    await remind(empty_database)
    smtp.script = {"RCPT": HANG}
    async with empty_database.connection() as connection:
        job_id = await connection.scalar(text("SELECT id FROM job"))
        await runner.take(job_id)

        async def asked() -> bool:
            return any(command.startswith("RCPT") for command in smtp.commands)

        await until(asked)
        await connection.execute(text("UPDATE job SET lease_token = gen_random_uuid()"))
        await runner.heartbeat()

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
    assert smtp.mails == []
    assert await deliveries(empty_database) == [(1, "planned")]


async def test_a_reminder_in_a_zone_that_this_build_does_not_know_is_told_in_utc(
    empty_database: Database, runner: Runner
) -> None:
    await remind(empty_database)
    async with empty_database.transaction() as session:
        later = now() + timedelta(days=1)
        await session.execute(update(Task).values(time_zone="Mars/Base", due_at=later))
    job = await run(runner, empty_database)
    assert job.state == "done"
    assert await deliveries(empty_database) == [(1, "sent")]


# --- daily jobs -------------------------------------------------------------


@pytest.mark.parametrize("kind", DAILY, ids=lambda kind: str(kind.name))
async def test_daily_jobs(empty_database: Database, runner: Runner, kind: Any) -> None:
    old = now() - timedelta(days=31)
    async with empty_database.transaction() as session:
        user = await a_user(session)
        await a_task(session, user, deleted_at=old)
        session.add(AuthSession(user_id=user.id, expires_at=old))
        await enqueue(session, kind, DailyPayload())
    assert (await run(runner, empty_database)).state == "done"
    async with empty_database.connection() as connection:
        left = {
            "trash.purge": await connection.scalar(text("SELECT count(*) FROM task")),
            "session.prune": await connection.scalar(text("SELECT count(*) FROM auth_session")),
        }
    assert left.pop(kind.name) == 0
    assert list(left.values()) == [1]
