"""Delivering a fired reminder: what its message says, and what became of each attempt.

Everything the message needs is read again when it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.lists.models import TaskList
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders.facts import DueTask, Owner
from taskbell.reminders.models import Delivery, Reminder
from taskbell.reminders.plan import due_instant
from taskbell.statements import Executor, Statement
from taskbell.tasks.models import Task
from taskbell.text import storable

MOST_RESPONSE = 500
"""Characters kept of a mail server's answer."""


@dataclass(frozen=True)
class DueReminder:
    """What a reminder's message says, read when it is sent. `list_name`: empty for the inbox."""

    user: Owner
    task: DueTask
    due: datetime | None
    list_name: str = ""


@dataclass(frozen=True)
class NotWanted:
    """Why a reminder is not sent after all, and whether that may be undone."""

    reason: str
    for_good: bool = True


class _Owner(NamedTuple):
    id: UUID
    email: str
    name: str
    email_verified: bool


class _Task(NamedTuple):
    id: UUID
    list_id: UUID
    title: str
    description: str
    priority: int
    due_at: datetime | None
    due_date: date | None
    time_zone: str
    occurrence: str | None


class _Found(NamedTuple):
    """A reminder with its task, list and owner."""

    reminder_id: UUID
    state: str
    last_fire_at: datetime | None
    is_open: bool
    has_access: bool
    list_name: str
    owner: _Owner
    task: _Task

    def judge(self, payload: ReminderPayload) -> DueReminder | NotWanted:
        if not self.is_open:
            return NotWanted("the task is done or deleted", for_good=False)
        # as it was written, not computed again: zone rules may differ between two builds
        if (self.state, self.last_fire_at) != ("fired", payload.fire_at):
            return NotWanted("the reminder was moved", for_good=False)
        if not self.has_access:
            return NotWanted("the owner has no access any more")
        return DueReminder(self.owner, self.task, due_instant(self.task), self.list_name)


_OWN = len(_Found._fields) - 2
_PERSON = _OWN + len(_Owner._fields)


def _found(*row: Any) -> _Found:
    return _Found._make((*row[:_OWN], _Owner(*row[_OWN:_PERSON]), _Task(*row[_PERSON:])))


_READ = Statement(
    select(
        col(Reminder.id),
        col(Reminder.state),
        col(Reminder.last_fire_at),
        col(Task.completed_at).is_(None) & col(Task.deleted_at).is_(None),
        col(User.is_active)
        & col(User.deletion_at).is_(None)
        & (col(Task.owner_id) == col(Reminder.owner_id)),
        case((col(TaskList.is_inbox), ""), else_=col(TaskList.name)),
        col(User.id),
        col(User.email),
        col(User.name),
        col(User.email_verified_at).is_not(None),
        *(getattr(Task, name) for name in _Task._fields),
    )
    .join(Task, col(Task.id) == col(Reminder.task_id))
    .join(TaskList, col(TaskList.id) == col(Task.list_id))
    .join(User, col(User.id) == col(Reminder.owner_id))
    .where(col(Reminder.id) == func.any(bindparam("ids", type_=ARRAY(Uuid)))),
    into=_found,
)


async def read_due(session: AsyncSession, payload: ReminderPayload) -> DueReminder | NotWanted:
    """Read what a fired reminder should say, or why it is no longer wanted."""
    (due,) = await read_due_many(session, [payload])
    return due


async def read_due_many(
    executor: Executor, payloads: Sequence[ReminderPayload]
) -> list[DueReminder | NotWanted]:
    """Return for each what `read_due` does."""
    ids = list({payload.reminder_id for payload in payloads})
    found = {row.reminder_id: row for row in await _READ.all(executor, ids=ids)}
    return [
        found[payload.reminder_id].judge(payload)
        if payload.reminder_id in found
        else NotWanted("the reminder was deleted")
        for payload in payloads
    ]


async def sent_lately(session: AsyncSession, *, owner_id: UUID) -> int:
    """Return how many reminders were mailed to a user in the last day."""
    sent: int | None = await session.scalar(
        select(func.count())
        .select_from(Delivery)
        .join(Reminder, col(Reminder.id) == col(Delivery.reminder_id))
        .where(
            col(Reminder.owner_id) == owner_id,
            col(Delivery.channel) == "email",
            col(Delivery.state) == "sent",
            col(Delivery.finished_at) > now() - timedelta(days=1),
        )
    )
    return sent or 0


@dataclass(frozen=True)
class Attempt:
    """One attempt to deliver a fired reminder over a channel. `number` counts from 1.

    `target`: which of several, in words for its owner (the host of a webhook, names of devices).
    """

    payload: ReminderPayload
    job_id: UUID
    number: int
    channel: str
    target: str | None = None

    def row(self, state: str, **more: Any) -> dict[str, Any]:
        """Return a new row of `delivery`."""
        return {
            "id": new_id(),
            "reminder_id": self.payload.reminder_id,
            "job_id": self.job_id,
            "attempt": self.number,
            "channel": self.channel,
            "target": self.target,
            "fire_at": self.payload.fire_at,
            "state": state,
            **more,
        }

    def ended(self, state: str, *, response: str, at: datetime) -> dict[str, Any]:
        """Return what an end changes in the row, besides its state."""
        late = int((at - self.payload.planned_at).total_seconds())
        return {
            "finished_at": at,
            "late_seconds": max(0, late) if state == "sent" else None,
            "response": storable(response, MOST_RESPONSE),
        }


async def hold_reminder(session: AsyncSession, payload: ReminderPayload) -> bool:
    """Keep a reminder from being deleted until the end of the transaction; False: it is gone.

    Before its deliveries are written: who deletes it locks it first, and those after it.
    """
    here = select(col(Reminder.id)).where(col(Reminder.id) == payload.reminder_id)
    return await session.scalar(here.with_for_update(read=True, key_share=True)) is not None


async def begin_delivery(session: AsyncSession, attempt: Attempt) -> None:
    """Note that an attempt begins."""
    await _note(
        session, attempt, state="sending", started_at=now(), finished_at=None, response=None
    )


async def end_delivery(
    session: AsyncSession, attempt: Attempt, *, state: str, response: str
) -> None:
    """Note how an attempt ended, also one that ended before it began."""
    ended = attempt.ended(state, response=response, at=now())
    await _note(session, attempt, state=state, **ended)


async def plan_next_attempt(
    session: AsyncSession, attempt: Attempt, *, planned_at: datetime
) -> None:
    """Note that a failed delivery will be tried again."""
    following = replace(attempt, number=attempt.number + 1)
    await session.execute(
        insert(Delivery)
        .values(following.row("planned", planned_at=planned_at))
        .on_conflict_do_nothing()
    )


async def abandon_deliveries(
    session: AsyncSession, *, job_ids: Sequence[UUID], reason: str
) -> None:
    """Note that jobs were given up: what they had planned failed, what was on its way is lost."""
    begun = col(Delivery.state) == "sending"
    await session.execute(
        update(Delivery)
        .where(col(Delivery.job_id).in_(job_ids), or_(begun, col(Delivery.state) == "planned"))
        .values(state=case((begun, "unknown"), else_="failed"), finished_at=now(), response=reason)
        .execution_options(synchronize_session=False)
    )


async def _note(session: AsyncSession, attempt: Attempt, **values: Any) -> None:
    if attempt.target is not None:
        values["target"] = attempt.target
    of_job, number = col(Delivery.job_id) == attempt.job_id, col(Delivery.attempt)
    # an earlier one that is still on its way was cut off: nobody knows whether it arrived
    await session.execute(
        update(Delivery)
        .where(of_job, number < attempt.number, col(Delivery.state) == "sending")
        .values(state="unknown", finished_at=now(), response="cut off before the answer came")
        .execution_options(synchronize_session=False)
    )
    # the planned row is this attempt's, whatever number a crash left it with
    planned = and_(number < attempt.number, col(Delivery.state) == "planned")
    written = await session.scalar(
        update(Delivery)
        .where(of_job, or_(number == attempt.number, planned))
        .values(attempt=attempt.number, **values)
        .returning(col(Delivery.id))
        .execution_options(synchronize_session=False)
    )
    if written is None and await _exists(session, attempt.payload.reminder_id):
        row = attempt.row(values.pop("state"), planned_at=now()) | values
        await session.execute(insert(Delivery).values(row))


async def _exists(session: AsyncSession, reminder_id: UUID) -> bool:
    found = await session.scalar(select(col(Reminder.id)).where(col(Reminder.id) == reminder_id))
    return found is not None
