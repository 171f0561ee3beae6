"""Firing reminders: from the moment one is due to a planned message on each of its channels.

One transaction turns a due reminder into an occurrence for each channel (the permanent
deduplication), a job and a planned delivery. What comes inside Taskbell is there at once. Sending
the rest is in delivering.py, which looks at everything again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.bulk import as_rows, insert_many
from taskbell.clock import now
from taskbell.events.service import tell
from taskbell.ids import new_id
from taskbell.jobs.kinds import Kind
from taskbell.jobs.models import Job
from taskbell.jobs.service import NewJob, enqueue_many
from taskbell.mail.jobs import REMINDER as MAIL
from taskbell.mail.jobs import ReminderPayload
from taskbell.notifications.models import Notification, NotificationPreference
from taskbell.notifications.quiet import quiet_until
from taskbell.push.jobs import REMINDER as PUSH
from taskbell.reminders.delivering import Attempt, hold_reminder
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.reminders.service import job_group
from taskbell.tasks.models import Priority, Task
from taskbell.webhooks.jobs import SEND, WebhookPayload
from taskbell.webhooks.models import Webhook, WebhookMessage

NO_WEBHOOK = "no webhook is switched on"


@dataclass(frozen=True)
class _Due:
    """A due reminder and what decides how its owner is told."""

    reminder_id: UUID
    task_id: UUID
    owner_id: UUID
    fire_at: datetime
    planned_at: datetime
    channels: list[str]
    title: str
    priority: int
    wanted: bool
    zone: str
    quiet_start: time | None
    quiet_end: time | None

    def held_until(self, at: datetime) -> datetime | None:
        """Return when what makes a noise may go out, None for now."""
        if self.priority == Priority.urgent:
            return None
        return quiet_until(at, zone=self.zone, start=self.quiet_start, end=self.quiet_end)


SCAN = (
    select(
        col(Reminder.id),
        col(Reminder.task_id),
        col(Reminder.owner_id),
        col(Reminder.next_fire_at),
        func.greatest(col(Reminder.next_fire_at), col(Reminder.updated_at)),
        col(Reminder.channels),
        col(Task.title),
        col(Task.priority),
        (
            col(Task.completed_at).is_(None)
            & col(Task.deleted_at).is_(None)
            & col(User.is_active)
            & col(User.deletion_at).is_(None)
        ),
        col(User.time_zone),
        col(NotificationPreference.quiet_start),
        col(NotificationPreference.quiet_end),
    )
    .join(Task, col(Task.id) == col(Reminder.task_id))
    .join(User, col(User.id) == col(Reminder.owner_id))
    .outerjoin(
        NotificationPreference, col(NotificationPreference.user_id) == col(Reminder.owner_id)
    )
    .where(col(Reminder.next_fire_at) <= func.statement_timestamp())
    .order_by(col(Reminder.next_fire_at))
    .with_for_update(skip_locked=True, of=Reminder)
)

_OCCURRENCES = (
    insert_many(ReminderOccurrence, "reminder_id", "fire_at", "channel", "job_id", "created_at")
    .on_conflict_do_nothing()
    .returning(col(ReminderOccurrence.job_id))
)
_DELIVERIES = insert_many(
    Delivery, "id", "reminder_id", "job_id", "attempt", "channel", "target", "fire_at", "state",
    "planned_at", "finished_at", "late_seconds", "response",
)  # fmt: skip
_NOTIFICATIONS = insert_many(
    Notification, "id", "owner_id", "kind", "task_id", "reminder_id", "title", "body", "fire_at",
    "late_seconds", "created_at",
)  # fmt: skip
_MESSAGES = insert_many(
    WebhookMessage, "id", "webhook_id", "owner_id", "kind", "reminder_id", "fire_at", "planned_at",
    "job_id", "state", "attempts", "next_attempt_at", "created_at",
)  # fmt: skip


@dataclass
class _Plans:
    """Rows to be written for due reminders. Keyed by job: an occurrence that was there already
    takes its rows out.
    """

    jobs: dict[UUID, tuple[Kind[Any], NewJob]] = field(default_factory=dict)
    occurrences: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    notifications: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    messages: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def occurrence(self, due: _Due, channel: str) -> UUID:
        """Add an occurrence; return the id that its job, if it needs one, is to have."""
        job_id = new_id()
        self.occurrences.append(
            {
                "reminder_id": due.reminder_id,
                "fire_at": due.fire_at,
                "channel": channel,
                "job_id": job_id,
                "created_at": now(),
            }
        )
        return job_id

    def send(self, due: _Due, channel: str, kind: Kind[Any]) -> None:
        """Plan an e-mail or a push message: after the quiet hours, if it is in them."""
        held = due.held_until(now())
        payload = _payload(due, planned_at=held or due.planned_at)
        job_id = self.occurrence(due, channel)
        group = job_group(due.reminder_id)
        self.jobs[job_id] = kind, NewJob(payload, job_id, group_key=group, run_at=held)
        self._planned(payload, job_id, channel)

    def post(self, due: _Due, webhook_id: UUID, url: str) -> None:
        """Plan a webhook's message."""
        payload = _payload(due)
        job_id = self.occurrence(due, f"webhook:{webhook_id}")
        message_id = new_id()
        self.messages[job_id] = {
            "id": message_id,
            "webhook_id": webhook_id,
            "owner_id": due.owner_id,
            "kind": "reminder.due",
            "reminder_id": due.reminder_id,
            "fire_at": due.fire_at,
            "planned_at": due.planned_at,
            "job_id": job_id,
            "state": "pending",
            "attempts": 0,
            "next_attempt_at": due.planned_at,
            "created_at": now(),
        }
        group = job_group(due.reminder_id)
        new = NewJob(WebhookPayload(message_id=message_id), job_id, group_key=group)
        self.jobs[job_id] = SEND, new
        self._planned(payload, job_id, "webhook", target=urlsplit(url).hostname)

    def show(self, due: _Due) -> None:
        """Tell it inside Taskbell, at once."""
        job_id = self.occurrence(due, "in_app")
        moment = now()
        late = max(0, int((moment - due.planned_at).total_seconds()))
        self.notifications[job_id] = {
            "id": new_id(),
            "owner_id": due.owner_id,
            "kind": "reminder",
            "task_id": due.task_id,
            "reminder_id": due.reminder_id,
            "title": due.title,
            "body": "",
            "fire_at": due.fire_at,
            "late_seconds": late,
            "created_at": moment,
        }
        self._ended(due, job_id, "in_app", "sent", "shown in Taskbell", late_seconds=late)

    def skip(self, due: _Due, channel: str, reason: str) -> None:
        """Note that a channel has nobody to go to."""
        self._ended(due, self.occurrence(due, channel), channel, "skipped", reason)

    def _planned(
        self, payload: ReminderPayload, job_id: UUID, channel: str, target: str | None = None
    ) -> None:
        row = Attempt(payload, job_id, 1, channel, target).row(
            "planned",
            planned_at=payload.planned_at,
            finished_at=None,
            late_seconds=None,
            response=None,
        )
        self.deliveries.append(row)

    def _ended(
        self,
        due: _Due,
        job_id: UUID,
        channel: str,
        state: str,
        response: str,
        late_seconds: int | None = None,
    ) -> None:
        row = Attempt(_payload(due), job_id, 1, channel).row(
            state,
            planned_at=due.planned_at,
            finished_at=now(),
            late_seconds=late_seconds,
            response=response,
        )
        self.deliveries.append(row)

    async def write(self, session: AsyncSession) -> None:
        """Insert everything whose occurrence is new."""
        if not self.occurrences:
            return
        fresh = set(await session.scalars(_OCCURRENCES, as_rows(_OCCURRENCES, self.occurrences)))
        kinds: tuple[Kind[Any], ...] = (MAIL, PUSH, SEND)
        for kind in kinds:
            jobs = [job for id_, (of, job) in self.jobs.items() if of is kind and id_ in fresh]
            await enqueue_many(session, kind, jobs)
        for insert_rows, rows in (
            (_DELIVERIES, [row for row in self.deliveries if row["job_id"] in fresh]),
            (_NOTIFICATIONS, [row for id_, row in self.notifications.items() if id_ in fresh]),
            (_MESSAGES, [row for id_, row in self.messages.items() if id_ in fresh]),
        ):
            if rows:
                await session.execute(insert_rows, as_rows(insert_rows, rows))


def _payload(due: _Due, planned_at: datetime | None = None) -> ReminderPayload:
    return ReminderPayload(
        reminder_id=due.reminder_id, fire_at=due.fire_at, planned_at=planned_at or due.planned_at
    )


async def fire_due(session: AsyncSession, *, most: int = 500) -> int:
    """Fire up to `most` due reminders; return how many were due.

    Safe to run in any number of processes at once: rows another one holds are skipped, and an
    occurrence is inserted once.
    """
    due = [_Due(*row) for row in await session.execute(SCAN.limit(most))]
    if not due:
        return 0
    plans, webhooks = _Plans(), await _webhooks(session, due)
    for one in due:
        _plan(plans, one, webhooks.get(one.owner_id, []))
    await plans.write(session)
    was_snoozed = col(Reminder.state) == "snoozed"
    await session.execute(
        update(Reminder)
        .where(col(Reminder.id) == any_(literal([one.reminder_id for one in due], ARRAY(Uuid))))
        .values(
            state="fired",
            last_fire_at=col(Reminder.next_fire_at),
            served_at=case(
                (was_snoozed, col(Reminder.served_at)), else_=col(Reminder.next_fire_at)
            ),
            # a moment before this one, that was moved away from, is over with it
            owed_at=case(
                (col(Reminder.owed_at) > col(Reminder.next_fire_at), col(Reminder.owed_at))
            ),
            next_fire_at=None,
            snoozed_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    for one in due:
        tell(session, one.owner_id)
    return len(due)


def _plan(plans: _Plans, due: _Due, webhooks: Sequence[tuple[UUID, str]]) -> None:
    for channel in due.channels:
        if channel == "email":
            plans.send(due, channel, MAIL)
        elif channel == "push":
            plans.send(due, channel, PUSH)
        elif channel == "in_app" and due.wanted:
            plans.show(due)
        elif channel == "in_app":
            plans.skip(due, channel, "the task is done or deleted, or the account is closed")
        elif webhooks:
            for webhook_id, url in webhooks:
                plans.post(due, webhook_id, url)
        else:
            plans.skip(due, channel, NO_WEBHOOK)


async def _webhooks(
    session: AsyncSession, due: Sequence[_Due]
) -> dict[UUID, list[tuple[UUID, str]]]:
    owners = {one.owner_id for one in due if "webhook" in one.channels}
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    if not owners:
        return found
    rows = await session.execute(
        select(col(Webhook.owner_id), col(Webhook.id), col(Webhook.url))
        .where(col(Webhook.owner_id).in_(owners), col(Webhook.is_active))
        .order_by(col(Webhook.id))
    )
    for owner_id, webhook_id, url in rows:
        found.setdefault(owner_id, []).append((webhook_id, url))
    return found


async def fall_back_to_email(session: AsyncSession, payload: ReminderPayload) -> bool:
    """Plan an occurrence as an e-mail that its own channel could not bring.

    Returns whether it was planned: not if it goes out by e-mail anyway, or the reminder is gone.
    """
    if not await hold_reminder(session, payload):
        return False
    job_id = await _occurrence(session, payload)
    if job_id is None:
        return False
    await enqueue_many(
        session, MAIL, [NewJob(payload, job_id, group_key=job_group(payload.reminder_id))]
    )
    row = Attempt(payload, job_id, 1, "email").row("planned", planned_at=now())
    await session.execute(insert(Delivery).values(row))
    return True


async def fall_back_for(session: AsyncSession, *, job_ids: Sequence[UUID]) -> None:
    """Plan as e-mails what jobs of push messages that were given up could not bring."""
    payloads = await session.scalars(
        select(col(Job.payload)).where(col(Job.id).in_(job_ids), col(Job.kind) == PUSH.name)
    )
    for payload in payloads.all():
        await fall_back_to_email(session, ReminderPayload.model_validate(payload))


async def _occurrence(session: AsyncSession, payload: ReminderPayload) -> UUID | None:
    found: UUID | None = await session.scalar(
        insert(ReminderOccurrence)
        .values(
            reminder_id=payload.reminder_id,
            fire_at=payload.fire_at,
            channel="email",
            job_id=new_id(),
            created_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(col(ReminderOccurrence.job_id))
    )
    return found
