"""Sending a reminder, and noting for its owner what became of it."""

from datetime import datetime
from email.message import EmailMessage

from sqlalchemy.ext.asyncio import AsyncSession
from taskbell.clock import now
from taskbell.mail.errors import (
    AmbiguousMailError,
    MailError,
    PermanentMailError,
    TemporaryMailError,
)
from taskbell.mail.jobs import REMINDER, ReminderPayload
from taskbell.mail.message import Recipient, compose
from taskbell.reminders.firing import (
    Attempt,
    DueReminder,
    NotWanted,
    begin_delivery,
    end_delivery,
    plan_next_attempt,
    read_due,
)

from taskbell_worker.registry import handles
from taskbell_worker.run import Run

CHANNEL = "email"


@handles(REMINDER)
async def remind(run: Run, payload: ReminderPayload) -> None:
    """Send the mail of a fired reminder, unless it is no longer wanted."""
    async with run.database.transaction() as session:
        due = await read_due(session, payload)
    if isinstance(due, NotWanted):
        return await _end(run, payload, state="skipped", response=due.reason)
    message = _compose(run, payload, due)

    attempt = _attempt(run, payload)

    async def before_data() -> None:
        async with run.database.transaction() as session:
            await run.start_effect(session)
            await begin_delivery(session, attempt)

    try:
        response = await run.resources.mailer.send(message, before_data=before_data)
    except (PermanentMailError, AmbiguousMailError, TemporaryMailError) as error:
        return await _failed(run, payload, error)
    return await _end(run, payload, state="sent", response=response)


def _compose(run: Run, payload: ReminderPayload, due: DueReminder) -> EmailMessage:
    return compose(
        "reminder",
        job_id=run.job.id,
        sender=run.resources.mail_from,
        recipient=Recipient(due.user.email, due.user.name),
        subject=f"Reminder: {due.task.title}",
        context={
            "title": due.task.title,
            "description": due.task.description,
            "due": due.due if due.task.due_date is None else None,
            "due_date": due.task.due_date,
            "zone": due.task.time_zone,
            "fire_at": payload.fire_at,
            "late_seconds": int((now() - payload.fire_at).total_seconds()),
            "public_url": run.resources.public_url,
        },
    )


def _attempt(run: Run, payload: ReminderPayload) -> Attempt:
    return Attempt(payload, run.job.id, run.job.attempts, CHANNEL)


async def _end(run: Run, payload: ReminderPayload, *, state: str, response: str) -> None:
    async def write(session: AsyncSession) -> None:
        await end_delivery(session, _attempt(run, payload), state=state, response=response)

    await run.finish(write)


async def _failed(run: Run, payload: ReminderPayload, error: MailError) -> None:
    attempt = _attempt(run, payload)
    ambiguous = isinstance(error, AmbiguousMailError)

    async def write(session: AsyncSession, retry_at: datetime | None) -> None:
        state = "unknown" if ambiguous else "failed"
        await end_delivery(session, attempt, state=state, response=str(error))
        if retry_at is not None:
            await plan_next_attempt(session, attempt, planned_at=retry_at)

    await run.fail(
        str(error),
        permanent=isinstance(error, PermanentMailError),
        ambiguous=ambiguous,
        write=write,
    )
