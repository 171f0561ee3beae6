"""Links in reminders' mails: done, or tell me later, without signing in.

As the other mailed links: random, kept as a hash, good once. Only a POST uses one, so programs that
look at what is in mails do nothing. One is about the very occurrence that its mail was about.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import links
from taskbell.accounts.errors import LinkExpiredError
from taskbell.accounts.models import MailedLink, User
from taskbell.clock import now
from taskbell.events.service import tell
from taskbell.locks import lock_tasks_of
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders.delivering import DueReminder
from taskbell.reminders.errors import OccurrencePassedError, TaskDoneError, TaskGoneError
from taskbell.reminders.models import Reminder
from taskbell.reminders.service import snooze_reminder
from taskbell.tasks.completion import set_completed
from taskbell.tasks.models import Task, TaskCompletion
from taskbell.tasks.service import lock_task

PURPOSE: links.Purpose = "reminder_action"
VIA = "mail_link"
"""How what was done by a link came in; see `Caller.via`."""

State = Literal["open", "done", "moved_on", "gone"]
Outcome = Literal["done", "already_done", "snoozed"]


@dataclass(frozen=True)
class NewReminderLink:
    """A link to be mailed with a reminder; only `keep_many` makes it work."""

    token: str
    user_id: UUID
    email: str
    reminder_id: UUID
    fire_at: datetime
    occurrence: str | None

    @classmethod
    def make(cls, due: DueReminder, payload: ReminderPayload) -> "NewReminderLink":
        """Make a link with 256 random bits to what a mail is about."""
        return cls(
            token=secrets.token_urlsafe(32),
            user_id=due.user.id,
            email=due.user.email,
            reminder_id=payload.reminder_id,
            fire_at=payload.fire_at,
            occurrence=due.task.occurrence,
        )

    def url(self, public_url: str) -> str:
        """Return the address of the page that asks what to do."""
        return f"{public_url}/{links.PAGES[PURPOSE]}#token={self.token}"


@dataclass(frozen=True)
class LinkedTask:
    """What a link is about, as it is now.

    `moved_on`: the task repeats and stands for another occurrence, or was made to repeat since.
    `gone`: it is in the trash. `sent_at`: when the mail left.
    """

    title: str
    due_at: datetime | None
    due_date: date | None
    time_zone: str
    state: State
    fire_at: datetime
    sent_at: datetime


@dataclass(frozen=True)
class Used:
    """What came of using a link; `snoozed_until` is when one is told again."""

    outcome: Outcome
    title: str
    snoozed_until: datetime | None = None


async def keep_many(session: AsyncSession, made: Sequence[NewReminderLink]) -> None:
    """Let links work from now on for their time, in one statement."""
    if not made:
        return
    moment = now()
    rows = [
        {
            "token_hash": links.hash_of(link.token),
            "user_id": link.user_id,
            "purpose": PURPOSE,
            "email": link.email,
            "created_at": moment,
            "expires_at": moment + links.TTL[PURPOSE],
            "reminder_id": link.reminder_id,
            "fire_at": link.fire_at,
            "occurrence": link.occurrence,
        }
        for link in made
    ]
    await session.execute(insert(MailedLink), rows)


async def keep(session: AsyncSession, link: NewReminderLink) -> None:
    """Let a link work from now on, for its time."""
    await keep_many(session, [link])


async def look(session: AsyncSession, *, token: str) -> LinkedTask:
    """Return what a good link is about; it stays good. Raises `LinkExpiredError`."""
    link, task = await _find(session, token)
    return LinkedTask(
        title=task.title,
        due_at=task.due_at,
        due_date=task.due_date,
        time_zone=task.time_zone,
        state=await _state(session, link, task),
        fire_at=link.fire_at or link.created_at,
        sent_at=link.created_at,
    )


async def complete(session: AsyncSession, *, token: str) -> Used:
    """Spend a link to complete what its mail was about, never a later occurrence.

    Raises `LinkExpiredError`, `OccurrencePassedError`, `TaskGoneError`.
    """
    link, task, state = await _locked(session, token)
    if state == "open":
        await set_completed(
            session,
            owner_id=link.user_id,
            task_id=task.id,
            completed=True,
            occurrence=link.occurrence,
            via=VIA,
        )
    await _spend(session, link, token)
    return Used("done" if state == "open" else "already_done", task.title)


async def snooze(session: AsyncSession, *, token: str, minutes: int) -> Used:
    """Spend a link to be told again in `minutes`.

    Raises `LinkExpiredError`, `OccurrencePassedError`, `TaskGoneError`, `TaskDoneError`, and what
    `snooze_reminder` raises.
    """
    link, task, state = await _locked(session, token)
    if state == "done" or link.reminder_id is None:
        raise TaskDoneError
    until = now() + timedelta(minutes=minutes)
    reminder = await snooze_reminder(
        session, owner_id=link.user_id, reminder_id=link.reminder_id, until=until
    )
    await _spend(session, link, token)
    return Used("snoozed", task.title, reminder.snoozed_until)


async def _find(session: AsyncSession, token: str) -> tuple[MailedLink, Task]:
    found = (
        await session.execute(
            select(MailedLink, Task, User)
            .join(Reminder, col(Reminder.id) == col(MailedLink.reminder_id))
            .join(Task, col(Task.id) == col(Reminder.task_id))
            .join(User, col(User.id) == col(MailedLink.user_id))
            .where(
                col(MailedLink.token_hash) == links.hash_of(token),
                col(MailedLink.purpose) == PURPOSE,
                col(MailedLink.used_at).is_(None),
                col(MailedLink.expires_at) > now(),
                col(Task.owner_id) == col(MailedLink.user_id),
            )
        )
    ).one_or_none()
    if found is None:
        raise LinkExpiredError
    link, task, user = found
    # whoever reads an address that was theirs before may not act for them
    if not user.is_usable or user.email != link.email:
        raise LinkExpiredError
    return link, task


async def _locked(session: AsyncSession, token: str) -> tuple[MailedLink, Task, State]:
    # the link's own row comes last: whoever deletes a reminder has locked the task before it
    link, task = await _find(session, token)
    await lock_tasks_of(session, owner_id=link.user_id)
    task = await lock_task(session, owner_id=link.user_id, task_id=task.id, trashed=True)
    state = await _state(session, link, task)
    if state == "gone":
        raise TaskGoneError
    if state == "moved_on":
        raise OccurrencePassedError
    return link, task, state


async def _state(session: AsyncSession, link: MailedLink, task: Task) -> State:
    if task.deleted_at is not None:
        return "gone"
    if link.occurrence == task.occurrence:
        return "open" if task.completed_at is None else "done"
    outcome = await session.scalar(
        select(col(TaskCompletion.outcome)).where(
            col(TaskCompletion.task_id) == task.id,
            col(TaskCompletion.occurrence) == link.occurrence,
        )
    )
    return "done" if outcome == "completed" else "moved_on"


async def _spend(session: AsyncSession, link: MailedLink, token: str) -> None:
    await links.use(session, token=token, purposes=(PURPOSE,))
    tell(session, link.user_id)
