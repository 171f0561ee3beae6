"""Sending a reminder, and noting for its owner what became of it."""

from email.message import EmailMessage

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.clock import now
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
    sent_lately,
)
from taskbell.reminders.service import take_back
from taskbell_worker.handlers.mail import send
from taskbell_worker.registry import handles
from taskbell_worker.run import Failure, Run

CHANNEL = "email"
UNCONFIRMED = "not sent: your e-mail address is not confirmed, and had many reminders today"


@handles(REMINDER)
async def remind(run: Run, payload: ReminderPayload) -> None:
    """Send the mail of a fired reminder, unless it is no longer wanted."""
    attempt = Attempt(payload, run.job.id, run.job.attempts, CHANNEL)

    async def failed(session: AsyncSession, failure: Failure) -> None:
        state = "unknown" if failure.ambiguous else "failed"
        await end_delivery(session, attempt, state=state, response=failure.error)
        if failure.retry_at is not None:
            await plan_next_attempt(session, attempt, planned_at=failure.retry_at)

    run.on_failure = failed
    async with run.database.transaction() as session:
        due = await read_due(session, payload)
        if isinstance(due, DueReminder) and await _is_too_much(run, session, due):
            due = NotWanted(UNCONFIRMED)
    if isinstance(due, NotWanted):
        return await _skip(run, attempt, due)
    message = _compose(run, payload, due)

    async def before_data() -> None:
        async with run.database.transaction() as session:
            # the mail server may have kept us waiting: is it still wanted?
            still = await read_due(session, payload)
            if isinstance(still, NotWanted):
                raise _NotWantedError(still)
            await run.start_effect(session)
            await begin_delivery(session, attempt)

    try:
        response = await send(run, message, before_data=before_data)
    except _NotWantedError as error:
        return await _skip(run, attempt, error.why)
    if response is not None:
        await _end(run, attempt, state="sent", response=response)
    return None


async def _is_too_much(run: Run, session: AsyncSession, due: DueReminder) -> bool:
    """Tell whether somebody writes to an address that may not be theirs more than we let them."""
    if due.user.email_verified:
        return False
    sent = await sent_lately(session, owner_id=due.user.id)
    return sent >= run.resources.unconfirmed_per_day


def _compose(run: Run, payload: ReminderPayload, due: DueReminder) -> EmailMessage:
    return compose(
        "reminder",
        job_id=run.job.id,
        sender=run.resources.mail_from,
        # as in other mails: nothing of who signed up to whom they may not be
        recipient=Recipient(due.user.email, due.user.name if due.user.email_verified else ""),
        subject=f"Reminder: {due.task.title}",
        context={
            "title": due.task.title,
            "description": due.task.description,
            "due": due.due if due.task.due_date is None else None,
            "due_date": due.task.due_date,
            "zone": due.task.time_zone,
            "planned_at": payload.planned_at,
            "late_seconds": int((now() - payload.planned_at).total_seconds()),
            "public_url": run.resources.public_url,
        },
    )


class _NotWantedError(Exception):
    def __init__(self, why: NotWanted) -> None:
        super().__init__(why.reason)
        self.why = why


async def _skip(run: Run, attempt: Attempt, why: NotWanted) -> None:
    payload = attempt.payload

    async def write(session: AsyncSession) -> None:
        # first, for it locks the task: task, reminder, delivery is the order everywhere
        if not why.for_good:
            await take_back(session, reminder_id=payload.reminder_id, fire_at=payload.fire_at)
        await end_delivery(session, attempt, state="skipped", response=why.reason)

    await run.finish(write)


async def _end(run: Run, attempt: Attempt, *, state: str, response: str) -> None:
    async def write(session: AsyncSession) -> None:
        await end_delivery(session, attempt, state=state, response=response)

    await run.finish(write)
