"""Sending test messages, and noting what was said on their way."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts.models import User
from taskbell.events.service import tell
from taskbell.mail.errors import AmbiguousMailError, MailError, PermanentMailError
from taskbell.mail.message import Mail, Recipient, compose
from taskbell.notifications import testing
from taskbell.notifications.models import NotificationTest
from taskbell.notifications.testing import TEST, NotificationTestPayload
from taskbell.reminders.delivering import sent_lately
from taskbell_worker.registry import handles
from taskbell_worker.run import Failure, Run
from taskbell_worker.testers import TESTERS, Verdict, tester

MAIL_SECONDS = 25.0
SECONDS = 30.0
"""For a whole test; shorter than the kind's time-out, so that its end is always noted."""

MOST_UNCONFIRMED = 10
"""Test mails a day to an address that may be somebody else's."""

UNCONFIRMED = (
    "Not sent: your e-mail address is not confirmed, and has had many mails today. Open the link "
    "in the mail that asks you to confirm it."
)
OUR_FAULT = "Something went wrong on our side; ask whoever runs this Taskbell."
TOO_LONG = f"It took longer than {SECONDS:g} seconds, and was given up."


@handles(TEST)
async def send_test(run: Run, payload: NotificationTestPayload) -> None:
    """Send a test message over its channel, once, and note what came of it."""

    async def note(session: AsyncSession, verdict: Verdict) -> None:
        await testing.end_test(
            session,
            test_id=payload.test_id,
            accepted=verdict.accepted,
            summary=verdict.summary,
            transcript=verdict.transcript,
        )

    async def failed(session: AsyncSession, _failure: Failure) -> None:
        await note(session, Verdict(False, OUR_FAULT))

    run.on_failure = failed
    async with run.database.transaction() as session:
        asked = await session.get(NotificationTest, payload.test_id)
    if asked is None or asked.state != "pending":
        return
    verdict = await _try(run, asked)
    await run.finish(lambda session: note(session, verdict))


async def _try(run: Run, asked: NotificationTest) -> Verdict:
    send = TESTERS.get(asked.channel)
    if send is None:
        return Verdict(False, "This Taskbell cannot send over this channel.")
    try:
        async with asyncio.timeout(SECONDS):
            return await send(run, asked)
    except TimeoutError:
        return Verdict(False, TOO_LONG)


@tester("in_app")
async def tell_in_app(run: Run, asked: NotificationTest) -> Verdict:
    """Add a notification; open pages show it at once."""
    async with run.database.transaction() as session:
        await testing.add_test_notification(session, owner_id=asked.owner_id)
        tell(session, asked.owner_id)
    return Verdict(True, "It is in your list of notifications.")


@tester("email")
async def mail(run: Run, asked: NotificationTest) -> Verdict:
    """Send a real mail over a connection of its own, and write the dialogue down."""
    async with run.database.transaction() as session:
        user = await session.get_one(User, asked.owner_id)
        too_much = await _is_too_much(run, session, user)
    if not user.is_usable:
        return Verdict(False, "Not sent: this account cannot be used.")
    if too_much:
        return Verdict(False, UNCONFIRMED)

    async def before_data() -> None:
        async with run.database.transaction() as session:
            await run.start_effect(session)

    mailer, lines = run.resources.mailer, list[str]()
    try:
        async with asyncio.timeout(MAIL_SECONDS):
            answer = await mailer.send(
                _compose(run, user), before_data=before_data, transcript=lines
            )
    except MailError as error:
        transcript = "\n".join([*lines, f"✗ {error}"])
        return Verdict(False, _in_words(error, mailer.host, lines), transcript)
    except TimeoutError:
        given_up = f"given up after {MAIL_SECONDS:g} s"
        summary = f"The mail server at {mailer.host} takes too long: {given_up}."
        return Verdict(False, summary, "\n".join([*lines, f"✗ {given_up}"]))
    return Verdict(True, f"The mail server at {mailer.host} took it: {answer}", "\n".join(lines))


def _compose(run: Run, user: User) -> Mail:
    return compose(
        "test",
        job_id=run.job.id,
        sender=run.resources.mail_from,
        # as in other mails: nothing of who signed up to whom they may not be
        recipient=Recipient(user.email, user.name if user.email_verified else ""),
        subject="Test message from Taskbell",
        context={"public_url": run.resources.public_url},
    )


async def _is_too_much(run: Run, session: AsyncSession, user: User) -> bool:
    """Tell whether somebody writes to an address that may not be theirs more than we let them."""
    if user.email_verified:
        return False
    tests = await testing.mailed_lately(session, owner_id=user.id)  # this one is among them
    if tests > MOST_UNCONFIRMED:
        return True
    reminders = await sent_lately(session, owner_id=user.id)
    return tests + reminders > run.resources.unconfirmed_per_day


def _in_words(error: MailError, host: str, lines: list[str]) -> str:
    """Say what a failure means, by what was said last."""
    server = f"The mail server at {host}"
    said = next((line for line in reversed(lines) if line.startswith("→")), "")
    was_answered = bool(lines) and lines[-1].startswith("←")
    if isinstance(error, AmbiguousMailError):
        return f"{server} may have taken it, or not: {error}"
    if not was_answered or str(error).startswith("cannot connect"):
        return f"{server} cannot be reached: {str(error).removeprefix('cannot connect: ')}"
    if said.startswith("→ MAIL"):
        words = "does not take mail from this sender"
    elif said.startswith("→ RCPT"):
        words = "refused the address"
    elif said.startswith(("→ DATA", "→ .")):
        words = "refused the message"
    else:
        words = "does not let Taskbell in"
    if isinstance(error, PermanentMailError):
        return f"{server} {words}: {error}"
    return f"{server} {words} for now: {error}. Reminders are tried again later."
