"""Reminders: `!30m`, `!1h30m`, `!tomorrow 9am`, `!at 18:00`."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.phrases import Phrase, phrase, resolve
from taskbell.quick_add.quantities import compact, quantity
from taskbell.quick_add.tokens import Tokens
from taskbell.recurrence.slots import Slot

MOST_REMINDERS = 20
"""So many may a task have."""

LONGEST_OFFSET = 527_040
"""Minutes: 366 days, as requests for reminders allow."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """The tokens from `start` to `end`: `at` so many minutes before, or a moment of its own."""

    start: int
    end: int
    at: int | Phrase


def reminder(tokens: Tokens, at: int, clock: Calendar) -> Reminder | None:
    """Read what follows the `!` at a token."""
    amount = compact(tokens, at + 1) or quantity(tokens, at + 1)
    if amount and amount.minutes is not None:
        end = amount.end + (tokens.word(amount.end) in {"before", "early"})
        return Reminder(at, end, amount.minutes)
    moment = phrase(tokens, at + 1, clock)
    return Reminder(at, moment.end, moment) if moment else None


def when(
    found: Reminder, due: Slot | None, *, repeating: bool, clock: Calendar
) -> int | datetime | None:
    """Return the minutes before the due time, or the instant (UTC), of a reminder.

    `due` is the task's, in wall time. A time alone is on the day the task is due; when the task
    repeats it becomes so many minutes before, so that it comes every time; then it may be too late
    for the first time only. None when it is too late, or has nothing to count from.
    """
    moment = found.at
    if isinstance(moment, int):
        ahead = due is not None and (repeating or _ahead(moment, due, clock))
        return moment if ahead and moment <= LONGEST_OFFSET else None
    if moment.day is None and moment.wall and due is not None:
        return _on_the_day(moment.wall, due, repeating=repeating, clock=clock)
    value = resolve(moment, clock)
    if value is None or isinstance(value, datetime):
        return value
    return _to_come(value, clock.all_day_at, clock)


def _on_the_day(
    wall: time, due: Slot, *, repeating: bool, clock: Calendar
) -> int | datetime | None:
    timed = _timed(due, clock)
    if not repeating:
        return _to_come(timed.date(), wall, clock)
    before = timed - datetime.combine(timed.date(), wall)
    return before // timedelta(minutes=1) if before >= timedelta(0) else None


def _ahead(offset: int, due: Slot, clock: Calendar) -> bool:
    timed = _timed(due, clock)
    return clock.instant(timed.date(), timed.time()) - timedelta(minutes=offset) > clock.now


def _timed(due: Slot, clock: Calendar) -> datetime:
    return due if isinstance(due, datetime) else datetime.combine(due, clock.all_day_at)


def _to_come(day: date, wall: time, clock: Calendar) -> datetime | None:
    instant = clock.instant(day, wall)
    return instant if instant > clock.now else None
