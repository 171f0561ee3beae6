"""What goes into the quick-add parser, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from uuid import UUID

Kind = Literal["due", "recurrence", "priority", "list", "label", "reminder", "start"]
Priority = Literal["low", "medium", "high", "urgent"]
Anchor = Literal["schedule", "completion"]
WeekStart = Literal["monday", "saturday", "sunday"]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the text that was understood.

    `start` and `end` count code points of the text as it was given. `value` is what it means, for
    machines: `2026-11-21`, `2026-11-21T09:00:00` (wall time), an RRULE (`;anchor=completion` after
    it when the repeat counts from completion), `urgent`, the id of a list, the name of a label,
    `-30m` (before the due time).
    """

    start: int
    end: int
    text: str
    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A task as its quick-add text describes it.

    `due_at` and instants in `reminders` are in UTC; a number in `reminders` is minutes before the
    due time. Of `due_date` and `due_at` at most one is set; both are None only without a repeat.
    `yearless`: the day is of a date that names no year.
    """

    title: str
    spans: tuple[Span, ...] = ()
    due_date: date | None = None
    due_at: datetime | None = None
    start_date: date | None = None
    rrule: str | None = None
    anchor: Anchor = "schedule"
    priority: Priority | None = None
    list_id: UUID | None = None
    labels: tuple[str, ...] = ()
    reminders: tuple[int | datetime, ...] = ()
    yearless: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Whose text it is, and when it was written.

    `at` is the current instant (UTC), `zone` an IANA time zone that exists, `locale` a language
    tag: `en-US` writes the month first in `3/4`, all others the day. `lists` are the user's lists
    by name. `past`: the text was written before (in a file), so that what it says may be past: a
    time today, `yesterday`, a date without a year that was not long ago. `all_day_at`: when a date
    counts as due for reminders.
    """

    at: datetime
    zone: str
    week_start: WeekStart
    locale: str
    lists: Mapping[str, UUID]
    past: bool = False
    all_day_at: time = time(9)
