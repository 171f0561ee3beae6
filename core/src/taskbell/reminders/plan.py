"""When a reminder fires next. Pure: a task, a reminder and an instant in, a plan out."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from taskbell.reminders.models import Reminder
from taskbell.tasks.models import Task

ALL_DAY_AT = time(9)
"""A task that is due on a date counts as due at this time of that date, in its zone."""

OWED_FOR = timedelta(days=1)
"""So long is a moment that came while its task was done or trashed served when that is undone."""


@dataclass(frozen=True)
class Plan:
    """The state a reminder should be in."""

    state: Literal["scheduled", "fired", "cancelled"]
    next_fire_at: datetime | None


CANCELLED = Plan("cancelled", None)


def due_instant(task: Task) -> datetime | None:
    """Return when a task is due, None when it is not.

    `fold=0`: a doubled local time (end of DST) is the first one; one in the gap moves forward
    (PEP 495).
    """
    if task.due_date is None:
        return task.due_at
    # in UTC: an instant in a gap equals none of another zone (PEP 495), and within a zone
    # arithmetic ignores its changes
    return datetime.combine(task.due_date, ALL_DAY_AT, ZoneInfo(task.time_zone)).astimezone(UTC)


def fire_time(task: Task, reminder: Reminder) -> datetime | None:
    """Return the instant of a reminder, None when its task has no due time."""
    if reminder.offset_minutes is None:
        return reminder.at
    due = due_instant(task)
    return due and due - timedelta(minutes=reminder.offset_minutes)


def plan(task: Task, reminder: Reminder, *, at: datetime) -> Plan:
    """Return what a reminder should be doing at an instant, given its task.

    A reminder that is already waiting for the right moment keeps waiting, however long that moment
    is past: it goes out late rather than never, as does one that was not sent at its moment because
    of a change that is undone now. One that is moved to a past moment fires at once
    while the task is still ahead, and is cancelled when that is past too. With a repeating task it
    does so only if it was waiting: what is past already when an occurrence begins ("2 days before",
    daily) was never to come.
    """
    target = fire_time(task, reminder)
    if target is None or task.completed_at is not None or task.deleted_at is not None:
        return CANCELLED
    if target == reminder.last_fire_at:
        return Plan("fired", None)
    due = due_instant(task)
    begins = task.rrule is not None and reminder.next_fire_at is None
    begins = begins and reminder.offset_minutes is not None
    ahead = due is not None and due > at and not begins
    owed = target == reminder.owed_at and at - target < OWED_FOR
    if target > at or target == reminder.next_fire_at or owed or ahead:
        return Plan("scheduled", target)
    return CANCELLED
