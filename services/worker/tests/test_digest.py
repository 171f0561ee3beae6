"""The daily digest, from its plan to what a real mail server got."""

import re
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from core.tests.mail.scripted import DROP, Server
from core.tests.make import a_list, a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.digest import service as digests
from taskbell.digest import unsubscribe
from taskbell.digest.models import Digest
from taskbell.jobs.models import Job
from taskbell.lists.service import create_inbox
from taskbell.notifications.models import NotificationPreference as Preference
from taskbell_worker.handlers import digest as handler
from taskbell_worker.registry import registry
from taskbell_worker.runner import Runner

from .conftest import MakeRunner
from .waiting import until

assert handler  # registers itself

ZURICH = ZoneInfo("Europe/Zurich")
DAY = timedelta(days=1)


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    return make_runner(registry=registry)


async def plan(database: Database, *titles: str, **fields: Any) -> UUID:
    """Plan a digest of today, in which tasks are due; return whose."""
    async with database.transaction() as session:
        wanted = {"name": "Ada", "time_zone": "Europe/Zurich", "email_verified_at": now()} | fields
        user = await a_user(session, **wanted)
        await create_inbox(session, owner_id=user.id)
        local = now().astimezone(ZURICH)
        for title in titles:
            await a_task(session, user, title=title, due_date=local.date())
        session.add(
            Preference(
                user_id=user.id,
                digest_enabled=True,
                digest_time=local.time().replace(microsecond=0),
                digest_next_at=now() - timedelta(seconds=1),
            )
        )
        await session.flush()
        assert await digests.plan_digests(session) == 1
    return user.id


async def run(runner: Runner, database: Database) -> tuple[Job, Digest]:
    """Run the only job once, although it may be due later; return it and its digest."""
    async with database.connection() as connection:
        job_id = await connection.scalar(text("UPDATE job SET run_at = now() RETURNING id"))
    await runner.take(job_id)

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
    async with database.transaction() as session:
        job = await session.get_one(Job, job_id)
        return job, (await session.scalars(select(Digest))).one()


def received(server: Server) -> EmailMessage:
    (mail,) = server.mails
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


async def test_a_digest_is_sent(empty_database: Database, runner: Runner, smtp: Server) -> None:
    user_id = await plan(empty_database, "Call Zoë & <Max>", email="ada@example.com")
    today = now().astimezone(ZURICH).date()
    async with empty_database.transaction() as session:
        user = await session.get_one(User, user_id)
        garden = await a_list(session, user, "Garden")
        noon = datetime(today.year, today.month, today.day, 12, tzinfo=ZURICH)
        await a_task(session, user, title="Rake", due_at=noon, list_id=garden.id)
        await a_task(session, user, title="Tax", due_date=today - 3 * DAY)
        token = await unsubscribe.make_token(session, user_id=user_id)
    job, digest = await run(runner, empty_database)
    assert (job.kind, job.state, job.lane) == ("mail.digest", "done", "mail")
    assert (digest.state, digest.day, digest.job_id) == ("sent", today, job.id)
    assert digest.finished_at is not None
    message = received(smtp)
    assert message["Subject"] == f"{today:%A}: 2 due today, 1 overdue"
    assert message["Message-ID"] == f"<{job.id}@example.org>"
    for kind in ("plain", "html"):
        shown = body(message, kind)
        for part in ("12:00", "Rake", "Garden", "Tax"):
            assert part in shown
        assert f"https://tasks.example.com/unsubscribe#token={token}" in shown
    assert "Call Zoë & <Max>" in body(message, "plain")
    assert "Call Zoë &amp; &lt;Max&gt;" in body(message, "html")


async def test_it_can_be_unsubscribed_by_one_click(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    """RFC 8058 §3.1, looked at as it travels: a client reads no folded or encoded address."""
    user_id = await plan(empty_database, "x")
    await run(runner, empty_database)
    async with empty_database.transaction() as session:
        token = await unsubscribe.make_token(session, user_id=user_id)
    (mail,) = smtp.mails
    raw, _, _ = mail.partition(b"\r\n\r\n")
    address = f"<https://tasks.example.com/api/v1/digest/unsubscribe?token={token}>"
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", raw).decode()
    assert re.search(rf"^List-Unsubscribe: {re.escape(address)}\r?$", unfolded, re.MULTILINE)
    assert re.search(
        r"^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$", unfolded, re.MULTILINE
    )
    assert address.encode() in raw, "in one piece"


async def test_nothing_to_say_is_not_said(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await plan(empty_database)
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state, smtp.commands) == ("done", "empty", [])


@pytest.mark.parametrize(
    "change",
    [
        update(User).values(is_active=False),
        update(User).values(email_verified_at=None),
        update(Preference).values(digest_enabled=False, digest_next_at=None),
        update(Digest).values(day=text("day - 1")),
    ],
    ids=["disabled", "not confirmed", "switched off", "another day"],
)
async def test_it_is_looked_at_again_when_it_is_sent(
    empty_database: Database, runner: Runner, smtp: Server, change: Any
) -> None:
    await plan(empty_database, "x")
    async with empty_database.transaction() as session:
        await session.execute(change.execution_options(synchronize_session=False))
        if change.table.name == "digest":
            job = (await session.scalars(select(Job))).one()
            day = await session.scalar(select(col(Digest.day)))
            assert day is not None
            job.payload = job.payload | {"day": day.isoformat()}
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state, smtp.commands) == ("done", "skipped", [])


async def test_a_mail_server_that_is_away(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await plan(empty_database, "x")
    smtp.script["greeting"] = DROP
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state) == ("ready", "planned")
    del smtp.script["greeting"]
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state, len(smtp.mails)) == ("done", "sent", 1)
    async with empty_database.connection() as connection:
        await connection.execute(text("UPDATE job SET state = 'ready', finished_at = NULL"))
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state, len(smtp.mails)) == ("done", "sent", 1), "once is enough"


async def test_one_that_is_refused_has_failed_and_may_be_tried_again(
    empty_database: Database, runner: Runner, smtp: Server
) -> None:
    await plan(empty_database, "x")
    smtp.script["RCPT"] = "550 nobody"
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state) == ("dead", "failed")
    del smtp.script["RCPT"]
    async with empty_database.connection() as connection:
        await connection.execute(text("UPDATE job SET state = 'ready', finished_at = NULL"))
    job, digest = await run(runner, empty_database)
    assert (job.state, digest.state) == ("done", "sent")
