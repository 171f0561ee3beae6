"""When a reminder fires next. Pure: a task, a reminder and an instant in, a plan out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from taskbell.notifications.preferences import ALL_DAY_TIME
from taskbell.reminders.models import Reminder
from taskbell.tasks.models import Task
from taskbell.times import known_zone

OWED_FOR = timedelta(days=1)
"""So long is a moment that came while its task was done or trashed served when that is undone."""


@dataclass(frozen=True)
class Plan:
    """The state a reminder should be in."""

    state: Literal["scheduled", "snoozed", "fired", "cancelled"]
    next_fire_at: datetime | None


CANCELLED = Plan("cancelled", None)


class HasDue(Protocol):
    """A task, or what was read of one."""

    @property
    def due_at(self) -> datetime | None: ...
    @property
    def due_date(self) -> date | None: ...
    @property
    def time_zone(self) -> str: ...


def due_instant(task: HasDue, *, all_day_at: time = ALL_DAY_TIME) -> datetime | None:
    """Return when a task is due, None when it is not.

    One that is due on a date counts as due at `all_day_at` of that date, in its zone. `fold=0`: a
    doubled local time (end of DST) is the first one; one in the gap moves forward (PEP 495).
    """
    if task.due_date is None:
        return task.due_at
    # in UTC: an instant in a gap equals none of another zone (PEP 495), and within a zone
    # arithmetic ignores its changes
    return datetime.combine(
        task.due_date, all_day_at, ZoneInfo(known_zone(task.time_zone))
    ).astimezone(UTC)


def fire_time(
    task: Task, reminder: Reminder, *, all_day_at: time = ALL_DAY_TIME
) -> datetime | None:
    """Return the instant of a reminder, None when its task has no due time."""
    if reminder.offset_minutes is None:
        return reminder.at
    due = due_instant(task, all_day_at=all_day_at)
    return due and due - timedelta(minutes=reminder.offset_minutes)


def plan(task: Task, reminder: Reminder, *, at: datetime, all_day_at: time = ALL_DAY_TIME) -> Plan:
    """Return what a reminder should be doing at an instant, given its task.

    A reminder that is already waiting for the right moment keeps waiting, however long that moment
    is past: it goes out late rather than never, as does one that was not sent at its moment because
    of a change that is undone now. One that is moved to a past moment fires at once
    while the task is still ahead, and is cancelled when that is past too. With a repeating task it
    does so only if it was waiting: what is past already when an occurrence begins ("2 days before",
    daily) was never to come. One that was snoozed stays so until its moment by plan is another.
    """
    target = fire_time(task, reminder, all_day_at=all_day_at)
    if target is None or task.completed_at is not None or task.deleted_at is not None:
        return CANCELLED
    if target == served_at(reminder):
        snooze = _snooze(reminder, target, at)
        if snooze is not None:
            return Plan("snoozed", snooze)
        if target <= at:
            return Plan("fired", None)
    due = due_instant(task, all_day_at=all_day_at)
    begins = task.rrule is not None and reminder.state != "scheduled"
    begins = begins and reminder.offset_minutes is not None
    ahead = due is not None and due > at and not begins
    owed = target == reminder.owed_at and at - target < OWED_FOR
    waiting = reminder.state == "scheduled" and target == reminder.next_fire_at
    if target > at or waiting or owed or ahead:
        return Plan("scheduled", target)
    return CANCELLED


def served_at(reminder: Reminder) -> datetime | None:
    """Return the moment by plan that a reminder fired for last, or was snoozed from."""
    return reminder.served_at or reminder.last_fire_at


def _snooze(reminder: Reminder, target: datetime, at: datetime) -> datetime | None:
    """Return until when it is snoozed, or was when its task was done or trashed."""
    if reminder.state == "snoozed":
        return reminder.snoozed_until
    owed = reminder.owed_at
    # before its moment by plan nothing was snoozed
    if owed is None or owed <= target or at - owed >= OWED_FOR:
        return None
    return owed
