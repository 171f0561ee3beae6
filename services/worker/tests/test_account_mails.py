"""Mails about accounts: what a real mail server got, and what the links in it do."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, get_args

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from core.tests.mail.scripted import DROP, Server
from core.tests.make import some_id
from taskbell.accounts import addresses
from taskbell.accounts.jobs import EXPORT, ExportPayload
from taskbell.accounts.models import AccountExport, MailedLink
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.kinds import Kind
from taskbell.mail.jobs import (
    NOTICE,
    RESET,
    VERIFY,
    WELCOME,
    NoticePayload,
    ResetPayload,
    VerifyPayload,
    WelcomePayload,
)
from taskbell.mail.notices import NOTICES, NoticeName

from .conftest import Do
from .reading import PUBLIC_URL, a_person, bodies, ids, mail, now_is, token_in

NAMES: tuple[NoticeName, ...] = get_args(NoticeName)
STRANGER = "CHEAP-WATCHES at evil.example"
LEAVING = {"deletion_at": now() + timedelta(days=3)}


# --- links --------------------------------------------------------------------------------


async def test_a_welcome_confirms_the_address(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database, email_verified_at=None)
    assert (await do(WELCOME, WelcomePayload(user_id=user.id))).state == "done"
    message = mail(smtp)
    token = token_in(message, "verify-email")
    assert all("7 days" in body and "ada@example.com" in body for body in bodies(message))
    async with empty_database.transaction() as session:
        await addresses.verify(session, token=token)
    assert (await now_is(empty_database, user)).email_verified


async def test_a_link_confirms_or_changes_the_address(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database, email_verified_at=None, pending_email="new@example.org")
    await do(VERIFY, VerifyPayload(user_id=user.id))
    await do(VERIFY, VerifyPayload(user_id=user.id, change=True))
    first, second = mail(smtp, 0), mail(smtp, 1)
    assert (first["To"].addresses[0].addr_spec, second["To"].addresses[0].addr_spec) == (
        "ada@example.com",
        "new@example.org",
    )
    assert (first["Subject"], second["Subject"]) == (
        "Confirm your e-mail address",
        "Confirm your new e-mail address",
    )
    assert "7 days" in bodies(first)[0]
    assert "1 day," in bodies(second)[0]
    confirming, changing = (token_in(one, "verify-email") for one in (first, second))
    async with empty_database.transaction() as session:
        await addresses.verify(session, token=confirming)
    async with empty_database.transaction() as session:
        await addresses.verify(session, token=changing)
    assert (await now_is(empty_database, user)).email == "new@example.org"


async def test_who_thought_better_of_a_new_address_gets_no_link(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database)
    assert (await do(VERIFY, VerifyPayload(user_id=user.id, change=True))).state == "done"
    assert smtp.mails == []


@pytest.mark.parametrize("fields", [{}, LEAVING], ids=["in use", "leaving"])
async def test_a_forgotten_password_is_set_by_a_link(
    empty_database: Database, do: Do, smtp: Server, fields: dict[str, Any]
) -> None:
    """Also by who is leaving: only by signing in they come back."""
    user = await a_person(empty_database, **fields)
    assert (await do(RESET, ResetPayload(user_id=user.id))).state == "done"
    token = token_in(mail(smtp), "reset-password")
    assert "1 hour" in bodies(mail(smtp))[0]
    async with empty_database.transaction() as session:
        await addresses.reset_password(session, token=token, new_hash="new")
    assert (await now_is(empty_database, user)).password_hash == "new"


KINDS: dict[str, tuple[Kind[Any], Any]] = {
    "welcome": (WELCOME, lambda user_id: WelcomePayload(user_id=user_id)),
    "verify": (VERIFY, lambda user_id: VerifyPayload(user_id=user_id)),
    "change": (VERIFY, lambda user_id: VerifyPayload(user_id=user_id, change=True)),
    "reset": (RESET, lambda user_id: ResetPayload(user_id=user_id)),
    "export": (EXPORT, lambda user_id: ExportPayload(user_id=user_id)),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("case", ["nobody", "disabled", "leaving"])
async def test_who_gets_no_link(
    empty_database: Database, do: Do, smtp: Server, name: str, case: str
) -> None:
    if (name, case) == ("reset", "leaving"):
        return  # see above
    every: dict[str, dict[str, Any]] = {"disabled": {"is_active": False}, "leaving": LEAVING}
    fields = every.get(case, {})
    user = await a_person(empty_database, pending_email="new@example.org", **fields)
    kind, payload = KINDS[name]
    job = await do(kind, payload(some_id() if case == "nobody" else user.id))
    assert (job.state, smtp.commands) == ("done", [])
    for column in (MailedLink.user_id, AccountExport.user_id):
        assert await ids(empty_database, column) == []


@pytest.mark.parametrize("name", [name for name in KINDS if name != "change"])
async def test_strangers_read_nothing_that_somebody_wrote(
    empty_database: Database, do: Do, smtp: Server, name: str
) -> None:
    """An account may be made with anybody's address: its name would be a free advertisement."""
    user = await a_person(empty_database, name=STRANGER, email_verified_at=None)
    kind, payload = KINDS[name]
    await do(kind, payload(user.id))
    _says_nothing_of_them(mail(smtp))


async def test_the_new_address_is_a_stranger_until_it_is_proven(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database, name=STRANGER, pending_email="new@example.org")
    await do(VERIFY, VerifyPayload(user_id=user.id, change=True))
    _says_nothing_of_them(mail(smtp))


def _says_nothing_of_them(message: EmailMessage) -> None:
    for part in (*bodies(message), message["To"], message["Subject"]):
        assert "WATCHES" not in str(part)
    assert bodies(message)[0].startswith("Hello,\n")


async def test_who_proved_the_address_is_called_by_name(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database, name="Zoë <b>")
    await do(RESET, ResetPayload(user_id=user.id))
    text, markup = bodies(mail(smtp))
    assert text.startswith("Hello Zoë <b>,\n")
    assert "Hello <bdi>Zoë &lt;b&gt;</bdi>," in markup


async def test_a_retried_mail_has_a_link_of_its_own_and_both_work(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    """Nobody knows which of the two arrived."""
    user = await a_person(empty_database, email_verified_at=None)
    smtp.script = {"dot": DROP}
    job = await do(WELCOME, WelcomePayload(user_id=user.id))
    assert (job.state, job.ambiguous) == ("ready", 1)
    smtp.script = {}
    assert (await do(again=job)).state == "done"
    older, newer = (token_in(mail(smtp, number), "verify-email") for number in (0, 1))
    assert older != newer
    for token in (older, newer):
        async with empty_database.transaction() as session:
            await addresses.verify(session, token=token)


@pytest.mark.parametrize("script", [{"greeting": DROP}, {"RCPT": "450 busy"}, {"MAIL": "553 no"}])
async def test_a_link_that_was_not_mailed_does_not_work(
    empty_database: Database, do: Do, smtp: Server, script: dict[str, str]
) -> None:
    user = await a_person(empty_database)
    smtp.script = script
    assert (await do(RESET, ResetPayload(user_id=user.id))).state == "ready"
    assert await ids(empty_database, MailedLink.user_id) == []


@pytest.mark.parametrize("answer", ["250 taken", "451 full", "554 spam", DROP])
async def test_no_token_is_in_a_job_or_a_log(
    empty_database: Database, do: Do, smtp: Server, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    user = await a_person(empty_database)
    smtp.script = {"dot": answer}
    caplog.set_level("DEBUG")
    with capture_logs() as lines:
        job = await do(RESET, ResetPayload(user_id=user.id))
    token = token_in(mail(smtp), "reset-password")
    written = [repr(job.model_dump()), repr(lines), caplog.text]
    assert any(line["event"] == "job" for line in lines), "the logs were captured"
    for one in written:
        assert token not in one
        assert "ada@example.com" not in one
    async with empty_database.transaction() as session:
        rows = (await session.scalars(select(MailedLink))).all()
    assert token not in repr([row.model_dump() for row in rows])


# --- notices ------------------------------------------------------------------------------


MOMENT = datetime(2026, 3, 29, 7, tzinfo=UTC)


@pytest.mark.parametrize("name", NAMES)
async def test_each_notice_can_be_read(
    empty_database: Database, do: Do, smtp: Server, name: NoticeName
) -> None:
    user = await a_person(empty_database, time_zone="Europe/Zurich")
    payload = NoticePayload(user_id=user.id, email=user.email, notice=name, moment=MOMENT)
    assert (await do(NOTICE, payload)).state == "done"
    message = mail(smtp)
    assert message["To"].addresses[0].addr_spec == "ada@example.com"
    assert message["Subject"] == NOTICES[name].subject
    said = "Sunday, 29 March 2026, 09:00 (Europe/Zurich)"
    for body in bodies(message):
        assert "Ada" in body
        assert PUBLIC_URL in body
        assert (said in " ".join(body.split())) is (name == "deletion_planned")


async def test_an_old_address_is_told_but_not_who_they_are(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    """Nobody may ever have proven it: see above."""
    user = await a_person(empty_database, name=STRANGER)
    payload = NoticePayload(user_id=user.id, email="old@example.com", notice="email_changed")
    await do(NOTICE, payload)
    assert mail(smtp)["To"].addresses[0].addr_spec == "old@example.com"
    _says_nothing_of_them(mail(smtp))


@pytest.mark.parametrize("name", NAMES)
async def test_a_notice_to_a_stranger_does_not_say_who_they_are(
    empty_database: Database, do: Do, smtp: Server, name: NoticeName
) -> None:
    user = await a_person(empty_database, name=STRANGER, email_verified_at=None)
    await do(NOTICE, NoticePayload(user_id=user.id, email=user.email, notice=name, moment=MOMENT))
    _says_nothing_of_them(mail(smtp))


@pytest.mark.parametrize("fields", [{"is_active": False}, LEAVING], ids=["disabled", "leaving"])
async def test_who_cannot_sign_in_is_still_told(
    empty_database: Database, do: Do, smtp: Server, fields: dict[str, Any]
) -> None:
    user = await a_person(empty_database, **fields)
    payload = NoticePayload(user_id=user.id, email=user.email, notice="account_disabled")
    await do(NOTICE, payload)
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("case", ["nobody", "unknown notice"])
async def test_what_is_no_notice(empty_database: Database, do: Do, smtp: Server, case: str) -> None:
    user = await a_person(empty_database)
    payload = NoticePayload(
        user_id=some_id() if case == "nobody" else user.id,
        email=user.email,
        notice="password_changed" if case == "nobody" else "of another version",
    )
    assert (await do(NOTICE, payload)).state == "done"
    assert smtp.commands == []
