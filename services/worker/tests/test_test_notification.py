"""Test messages: what goes out, and what is told of how it went."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from core.tests.mail.scripted import DROP, HANG, Server
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.notifications import testing
from taskbell.notifications.channels import Channel
from taskbell.notifications.models import Notification, NotificationTest
from taskbell_worker.handlers import test_notification as handler
from taskbell_worker.registry import registry
from taskbell_worker.testers import TESTERS, Verdict

from .conftest import Find, MakeRunner
from .reading import a_person, bodies, ids, mail
from .waiting import until


class Try:
    """Asks for a test and lets it run; `job` is what became of the job."""

    def __init__(self, database: Database, make_runner: MakeRunner) -> None:
        self.database, self.make_runner = database, make_runner
        self.unconfirmed_per_day = 200
        self.job: Job | None = None

    async def __call__(
        self, user: User, channel: Channel = "email", target_id: UUID | None = None
    ) -> NotificationTest:
        runner = self.make_runner(registry=registry, unconfirmed_per_day=self.unconfirmed_per_day)
        async with self.database.transaction() as session:
            test = await testing.ask_for_test(
                session, owner_id=user.id, channel=channel, target_id=target_id
            )
            (job_id,) = session.info["jobs_to_ring"]
        await runner.take(job_id)

        async def ended() -> bool:
            return runner.running == 0

        await until(ended)
        async with self.database.transaction() as session:
            self.job = await session.get_one(Job, job_id)
            return await session.get_one(NotificationTest, test.id)


@pytest.fixture
def try_out(empty_database: Database, make_runner: MakeRunner) -> Try:
    return Try(empty_database, make_runner)


async def test_a_mail_goes_out_and_its_dialogue_is_shown(
    try_out: Try, empty_database: Database, smtp: Server
) -> None:
    test = await try_out(await a_person(empty_database))
    assert test.state == "accepted"
    assert test.summary == "The mail server at 127.0.0.1 took it: 250 taken"
    assert test.finished_at is not None
    lines = (test.transcript or "").splitlines()
    assert lines[0] == "← 220 ready"
    assert "→ RCPT TO:<ada@example.com>" in lines
    assert lines[-1] == "← 250 taken"
    message = mail(smtp)
    assert message["Subject"] == "Test message from Taskbell"
    assert message["To"] == "Ada <ada@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    text, _ = bodies(message)
    assert "test message you asked for" in text
    assert try_out.job is not None
    assert try_out.job.state == "done"


@pytest.mark.parametrize(
    ("script", "summary"),
    [
        ({"RCPT": "550 5.1.1 no such mailbox"},
         "The mail server at 127.0.0.1 refused the address: 550 5.1.1 no such mailbox"),
        ({"RCPT": "450 greylisted"},
         "The mail server at 127.0.0.1 refused the address for now: 450 greylisted. "
         "Reminders are tried again later."),
        ({"MAIL": "553 not your sender"},
         "The mail server at 127.0.0.1 does not take mail from this sender for now: "
         "553 not your sender. Reminders are tried again later."),
        ({"dot": "554 looks like spam"},
         "The mail server at 127.0.0.1 refused the message: 554 looks like spam"),
        ({"greeting": "554 go"}, "The mail server at 127.0.0.1 cannot be reached: 554 go"),
        ({"greeting": DROP}, "The mail server at 127.0.0.1 cannot be reached: "),
        ({"RCPT": HANG}, "The mail server at 127.0.0.1 cannot be reached: no answer within 1 s"),
        ({"dot": DROP}, "The mail server at 127.0.0.1 may have taken it, or not: "),
    ],
)  # fmt: skip
async def test_what_went_wrong_is_said_in_words(
    try_out: Try,
    empty_database: Database,
    smtp: Server,
    script: dict[str, str],
    summary: str,
) -> None:
    smtp.script.update(script)
    test = await try_out(await a_person(empty_database))
    assert test.state == "failed"
    assert (test.summary or "").startswith(summary)
    assert (test.transcript or "").splitlines()[-1].startswith("✗ ")
    assert try_out.job is not None
    assert try_out.job.state == "done", "to try again would be another test"


async def test_a_server_that_cannot_be_reached(
    try_out: Try, empty_database: Database, smtp: Server
) -> None:
    smtp.port = 1
    test = await try_out(await a_person(empty_database))
    assert test.state == "failed"
    assert "cannot be reached" in (test.summary or "")


async def test_a_server_that_takes_too_long_is_given_up(
    try_out: Try, empty_database: Database, smtp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "MAIL_SECONDS", 0.3)
    smtp.script["RCPT"] = HANG
    test = await try_out(await a_person(empty_database))
    assert test.summary == "The mail server at 127.0.0.1 takes too long: given up after 0.3 s."
    assert (test.transcript or "").splitlines()[-2:] == [
        "→ RCPT TO:<ada@example.com>", "✗ given up after 0.3 s",
    ]  # fmt: skip


async def test_inside_taskbell_it_is_in_the_list(try_out: Try, empty_database: Database) -> None:
    user = await a_person(empty_database)
    test = await try_out(user, "in_app")
    assert (test.state, test.transcript) == ("accepted", None)
    assert await ids(empty_database, Notification.owner_id) == [user.id]
    assert await ids(empty_database, Notification.kind) == ["test"]


async def test_an_unconfirmed_address_is_no_target(
    try_out: Try, empty_database: Database, smtp: Server
) -> None:
    user = await a_person(empty_database, email_verified_at=None)
    states = [(await try_out(user)).state for _ in range(handler.MOST_UNCONFIRMED + 2)]
    assert states == ["accepted"] * handler.MOST_UNCONFIRMED + ["failed"] * 2
    assert len(smtp.mails) == handler.MOST_UNCONFIRMED
    assert mail(smtp)["To"] == "ada@example.com", "nothing of what they wrote goes to strangers"


async def test_where_unconfirmed_addresses_get_no_mail_they_get_no_test_either(
    try_out: Try, empty_database: Database, smtp: Server
) -> None:
    try_out.unconfirmed_per_day = 0
    test = await try_out(await a_person(empty_database, email_verified_at=None))
    assert (test.state, test.summary) == ("failed", handler.UNCONFIRMED)
    assert smtp.commands == []


async def test_a_disabled_account_gets_no_mail(
    try_out: Try, empty_database: Database, smtp: Server
) -> None:
    test = await try_out(await a_person(empty_database, is_active=False))
    assert test.state == "failed"
    assert smtp.commands == []


async def test_an_error_of_ours_is_no_secret(
    try_out: Try, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setitem(TESTERS, "in_app", fails)
    test = await try_out(await a_person(empty_database), "in_app")
    assert (test.state, test.summary) == ("failed", handler.OUR_FAULT)
    assert try_out.job is not None
    assert try_out.job.state == "dead"


async def test_a_channel_that_takes_too_long_is_given_up(
    try_out: Try, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: Any) -> Verdict:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(handler, "SECONDS", 0.2)
    monkeypatch.setitem(TESTERS, "in_app", hangs)
    test = await try_out(await a_person(empty_database), "in_app")
    assert (test.state, test.summary) == ("failed", handler.TOO_LONG)


def test_every_channel_can_be_tried() -> None:
    assert set(TESTERS) == {"email", "in_app", "push", "webhook"}


async def test_a_test_that_was_deleted_meanwhile_is_no_error(
    try_out: Try, empty_database: Database, smtp: Server, make_runner: MakeRunner, find: Find
) -> None:
    user = await a_person(empty_database)
    async with empty_database.transaction() as session:
        test = await testing.ask_for_test(session, owner_id=user.id, channel="email")
        (job_id,) = session.info["jobs_to_ring"]
        await session.delete(test)
    runner = make_runner(registry=registry)
    await runner.take(job_id)

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
    assert (await find(job_id)).state == "done"
    assert smtp.commands == []
