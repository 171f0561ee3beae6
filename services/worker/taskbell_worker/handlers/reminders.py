"""Sending a reminder by mail."""

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.clock import now
from taskbell.mail.jobs import REMINDER, ReminderPayload
from taskbell.mail.message import Mail, Recipient, compose
from taskbell.reminders.delivering import DueReminder, NotWanted, sent_lately
from taskbell.reminders.links import NewReminderLink
from taskbell_worker.handlers import mail
from taskbell_worker.handlers.delivering import BeforeEffect, deliver
from taskbell_worker.registry import handles
from taskbell_worker.run import Run

CHANNEL = "email"
UNCONFIRMED = "not sent: your e-mail address is not confirmed, and had many reminders today"


@handles(REMINDER)
async def remind(run: Run, payload: ReminderPayload) -> None:
    """Send the mail of a fired reminder, unless it is no longer wanted."""

    async def send(due: DueReminder, before_effect: BeforeEffect) -> str | None:
        link = NewReminderLink.make(due, payload)
        message = _compose(run, payload, due, link)
        return await mail.send(run, message, before_data=lambda: before_effect(link))

    async def check(session: AsyncSession, due: DueReminder) -> NotWanted | None:
        return NotWanted(UNCONFIRMED) if await _is_too_much(run, session, due) else None

    await deliver(run, payload, channel=CHANNEL, send=send, check=check, concerns=_is_unconfirmed)


def _is_unconfirmed(due: DueReminder) -> bool:
    return not due.user.email_verified


async def _is_too_much(run: Run, session: AsyncSession, due: DueReminder) -> bool:
    """Tell whether somebody writes to an address that may not be theirs more than we let them."""
    sent = await sent_lately(session, owner_id=due.user.id)
    return sent >= run.resources.unconfirmed_per_day


def _compose(run: Run, payload: ReminderPayload, due: DueReminder, link: NewReminderLink) -> Mail:
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
            "list_name": due.list_name or None,
            "link": link.url(run.resources.public_url),
            "public_url": run.resources.public_url,
        },
    )
