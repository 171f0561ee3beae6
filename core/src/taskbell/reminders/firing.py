"""Firing reminders: from the moment one is due to what became of its message.

One transaction turns a due reminder into an occurrence (the permanent deduplication), a job and a
planned delivery. Everything the message needs is read again when it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs.service import NewJob, enqueue_many
from taskbell.mail.jobs import REMINDER, ReminderPayload
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.reminders.plan import due_instant
from taskbell.reminders.service import job_group
from taskbell.tasks.models import Task
from taskbell.text import storable

MOST_RESPONSE = 500
"""Characters kept of a mail server's answer."""


@dataclass(frozen=True)
class DueReminder:
    """What a reminder's message says, read when it is sent."""

    user: User
    task: Task
    due: datetime | None


@dataclass(frozen=True)
class NotWanted:
    """Why a reminder is not sent after all, and whether that may be undone."""

    reason: str
    for_good: bool = True


async def fire_due(session: AsyncSession, *, most: int = 500) -> int:
    """Fire up to `most` due reminders; return how many were due.

    Safe to run in any number of processes at once: rows another one holds are skipped, and an
    occurrence is inserted once.
    """
    due = list(
        await session.execute(
            select(
                col(Reminder.id),
                col(Reminder.next_fire_at),
                func.greatest(col(Reminder.next_fire_at), col(Reminder.updated_at)),
                col(Reminder.channels),
            )
            .where(col(Reminder.next_fire_at) <= func.statement_timestamp())
            .order_by(col(Reminder.next_fire_at))
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    )
    if not due:
        return 0
    jobs: dict[UUID, NewJob] = {}
    occurrences, deliveries = [], []
    for reminder_id, fire_at, planned_at, channels in due:
        payload = ReminderPayload(reminder_id=reminder_id, fire_at=fire_at, planned_at=planned_at)
        for channel in channels:
            job_id = new_id()
            jobs[job_id] = NewJob(payload, id=job_id, group_key=job_group(reminder_id))
            occurrences.append(
                {
                    "reminder_id": reminder_id,
                    "fire_at": fire_at,
                    "channel": channel,
                    "job_id": job_id,
                    "created_at": now(),
                }
            )
            attempt = Attempt(payload, job_id, 1, channel)
            deliveries.append(attempt.row("planned", planned_at=payload.planned_at))
    fresh = set(
        await session.scalars(
            insert(ReminderOccurrence)
            .on_conflict_do_nothing()
            .returning(col(ReminderOccurrence.job_id)),
            occurrences,
        )
    )
    await enqueue_many(session, REMINDER, [job for id_, job in jobs.items() if id_ in fresh])
    planned = [delivery for delivery in deliveries if delivery["job_id"] in fresh]
    if planned:
        await session.execute(insert(Delivery), planned)
    await session.execute(
        update(Reminder)
        .where(col(Reminder.id).in_([row.id for row in due]))
        .values(
            state="fired",
            last_fire_at=col(Reminder.next_fire_at),
            owed_at=func.nullif(col(Reminder.owed_at), col(Reminder.next_fire_at)),
            next_fire_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    return len(due)


async def read_due(session: AsyncSession, payload: ReminderPayload) -> DueReminder | NotWanted:
    """Read what a fired reminder should say, or why it is no longer wanted."""
    found = (
        await session.execute(
            select(Reminder, Task, User)
            .join(Task, col(Task.id) == col(Reminder.task_id))
            .join(User, col(User.id) == col(Reminder.owner_id))
            .where(col(Reminder.id) == payload.reminder_id)
        )
    ).one_or_none()
    if found is None:
        return NotWanted("the reminder was deleted")
    reminder, task, user = found
    if task.completed_at is not None or task.deleted_at is not None:
        return NotWanted("the task is done or deleted", for_good=False)
    # as it was written, not computed again: zone rules may differ between two builds
    if (reminder.state, reminder.last_fire_at) != ("fired", payload.fire_at):
        return NotWanted("the reminder was moved", for_good=False)
    if not user.is_usable or task.owner_id != user.id:
        return NotWanted("the owner has no access any more")
    return DueReminder(user, task, due_instant(task))


async def sent_lately(session: AsyncSession, *, owner_id: UUID) -> int:
    """Return how many reminders were sent to a user in the last day."""
    sent: int | None = await session.scalar(
        select(func.count())
        .select_from(Delivery)
        .join(Reminder, col(Reminder.id) == col(Delivery.reminder_id))
        .where(
            col(Reminder.owner_id) == owner_id,
            col(Delivery.state) == "sent",
            col(Delivery.finished_at) > now() - timedelta(days=1),
        )
    )
    return sent or 0


@dataclass(frozen=True)
class Attempt:
    """One attempt to deliver a fired reminder over a channel. `number` counts from 1."""

    payload: ReminderPayload
    job_id: UUID
    number: int
    channel: str

    def row(self, state: str, **more: Any) -> dict[str, Any]:
        """Return a new row of `delivery`."""
        return {
            "id": new_id(),
            "reminder_id": self.payload.reminder_id,
            "job_id": self.job_id,
            "attempt": self.number,
            "channel": self.channel,
            "fire_at": self.payload.fire_at,
            "state": state,
            **more,
        }


async def begin_delivery(session: AsyncSession, attempt: Attempt) -> None:
    """Note that an attempt begins."""
    await _note(
        session, attempt, state="sending", started_at=now(), finished_at=None, response=None
    )


async def end_delivery(
    session: AsyncSession, attempt: Attempt, *, state: str, response: str
) -> None:
    """Note how an attempt ended, also one that ended before it began."""
    moment = now()
    late = int((moment - attempt.payload.planned_at).total_seconds())
    await _note(
        session,
        attempt,
        state=state,
        finished_at=moment,
        late_seconds=max(0, late) if state == "sent" else None,
        response=storable(response, MOST_RESPONSE),
    )


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
        row = attempt.row(planned_at=now(), **values)
        await session.execute(insert(Delivery).values(row))


async def _exists(session: AsyncSession, reminder_id: UUID) -> bool:
    found = await session.scalar(select(col(Reminder.id)).where(col(Reminder.id) == reminder_id))
    return found is not None
