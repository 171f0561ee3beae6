"""Which events of a calendar a task becomes. Pure: nothing is read, nothing is written.

A task with a due time is one event. One that repeats by schedule is a series from the occurrence
it stands for now: where that one was moved away from its slot, or others were missed since, it is
an event of its own and the series begins with what comes next, as completing it would have it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from taskbell.notifications.preferences import ALL_DAY_TIME
from taskbell.recurrence.expansion import matching
from taskbell.recurrence.portable import portable_text
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import next_slot, upcoming
from taskbell.recurrence.slots import Slot, instant_of, slot_from_key, slot_of
from taskbell.tasks.rows import TaskRow
from taskbell.times import LATEST

MOST_ZONES = 20
"""A calendar explains so many zones: each is work, and a few hundred bytes to some thousands."""

MOST_COUNTED = 100
"""Of a series that ends by COUNT so many are shown; the others follow when it has come nearer.

They are counted one by one, in each of up to 2,000 tasks.
"""


@dataclass(frozen=True)
class Reminding:
    """A reminder as alarms are made of it. `waits`: it is still to fire.

    `all_day_at`: when what is due on a date counts as due.
    """

    offset_minutes: int | None
    at: datetime | None
    waits: bool
    all_day_at: time = ALL_DAY_TIME


@dataclass(frozen=True)
class Event:
    """An event. `start`: a date, an instant (UTC), or a wall time in `zone`.

    `key` is the same for the same event at each look. `alarms` are instants, or how long after the
    start they go off, mostly a negative time.
    """

    key: str
    start: Slot
    zone: str | None
    rrule: str | None
    alarms: tuple[timedelta | datetime, ...]
    task: TaskRow


def events_of(
    task: TaskRow, *, series_start: str | None, reminders: Sequence[Reminding], at: datetime
) -> list[Event]:
    """Return the events of a task with a due time, as of an instant.

    `series_start`: the key of the slot that its series began at, None if it does not repeat.
    """
    due: Slot | None = task.due_at if task.due_at is not None else task.due_date
    if due is None:
        return []
    alarms = [_alarm(task, one) for one in reminders if one.waits]
    current = Event(str(task.id), due, None, None, tuple(alarms), task)
    if task.rrule is None or series_start is None or task.repeat_anchor != "schedule":
        return [current]
    rule = Rule.parse(task.rrule)
    if rule.within_day:  # many a calendar knows no hours, and a day full of them shows nothing
        return [current]
    series = _Series(rule, slot_from_key(series_start), task.time_zone)
    slot = slot_from_key(task.occurrence or "")
    following = series.after(_latest(slot, due, task.time_zone), at=at)
    if following is None:
        return [current]
    goes_on = series.is_due(slot, due) and following == series.after(slot, at=None)
    first = slot if goes_on and series.matches(slot) else following
    text = series.text_from(first)
    if text is None:
        return [current]
    repeating = replace(
        current,
        start=first,
        zone=task.time_zone if isinstance(first, datetime) else None,
        rrule=text,
        alarms=tuple(
            _alarm(task, one)
            for one in reminders
            if one.offset_minutes is not None or (one.waits and first == slot)
        ),
    )
    return [repeating] if first == slot else [replace(current, key=f"{task.id}-now"), repeating]


def in_few_zones(events: Sequence[Event]) -> list[Event]:
    """Return events that name `MOST_ZONES` zones at most: those that most of them are in.

    A series in another one becomes its first event alone, as an instant: no rule in UTC follows
    the clocks of a place.
    """
    named = Counter(event.zone for event in events if event.zone is not None)
    kept = {None, *(zone for zone, _ in named.most_common(MOST_ZONES))}
    return [one if one.zone in kept else _alone(one) for one in events]


def _alone(event: Event) -> Event:
    start = event.start
    if isinstance(start, datetime) and event.zone is not None:
        start = instant_of(start, event.zone)
    return replace(event, start=start, zone=None, rrule=None)


@dataclass(frozen=True)
class _Series:
    rule: Rule
    start: Slot
    zone: str

    def after(self, slot: Slot, *, at: datetime | None) -> Slot | None:
        return next_slot(self.rule, start=self.start, after=slot, zone=self.zone, at=at)

    def is_due(self, slot: Slot, due: Slot) -> bool:
        """Tell whether a task is due when its slot says, and was not moved."""
        if isinstance(slot, datetime) and isinstance(due, datetime):
            return instant_of(slot, self.zone) == due.replace(microsecond=0)
        return slot == due

    def matches(self, slot: Slot) -> bool:
        """Tell whether the rule gives a slot: a series may begin with one that it does not."""
        return next(matching(self.rule, self.start, since=slot), None) == slot

    def text_from(self, first: Slot) -> str | None:
        """Return an RRULE for what is left from `first` on, None if none says it."""
        return _portable(self.rule, self.start, first, self.zone)


@lru_cache(maxsize=4096)
def _portable(rule: Rule, start: Slot, first: Slot, zone: str) -> str | None:
    if rule.count is not None:
        left = upcoming(
            rule, start=start, current=first, zone=zone, anchor="schedule", limit=MOST_COUNTED
        )
        rule = replace(rule, count=len(left))
    elif rule.until is not None:
        rule = replace(rule, until=_until(rule.until, first, zone))
    return portable_text(rule, start)


def _until(until: date | datetime, first: Slot, zone: str) -> date | datetime:
    """Return UNTIL as RFC 5545 wants it: a date among dates, UTC among times of a zone."""
    until = _at_most_latest(until)  # the end of time would overflow in some zones
    if not isinstance(first, datetime):
        if not isinstance(until, datetime):
            return until
        return (slot_of(until, zone) if until.tzinfo else until).date()
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    return until if until.tzinfo else instant_of(until, zone)


def _at_most_latest(until: date | datetime) -> date | datetime:
    if not isinstance(until, datetime):
        return min(until, LATEST.date())
    return min(until, LATEST if until.tzinfo else LATEST.replace(tzinfo=None))


def _latest(slot: Slot, due: Slot, zone: str) -> Slot:
    """Return what the series goes on after: an occurrence put off takes the place of others."""
    moved = slot_of(due, zone) if isinstance(due, datetime) else due
    return moved if type(moved) is type(slot) and moved > slot else slot


def _alarm(task: TaskRow, one: Reminding) -> timedelta | datetime:
    if one.at is not None:
        return one.at
    # a date counts as due in the morning: its alarms are told from midnight
    day_at = one.all_day_at if task.due_date is not None else time()
    due = timedelta(hours=day_at.hour, minutes=day_at.minute)
    return due - timedelta(minutes=one.offset_minutes or 0)
