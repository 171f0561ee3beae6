"""Which days of a year the BY parts of a rule choose: the calendar, by python-dateutil.

dateutil walks from the start until it finds something, and a rule that never occurs takes it to the
year 9999. So it is asked for one year at a time: with an interval beyond its last year it stops
after the first. Years that look alike share an answer.
"""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Literal

from dateutil.rrule import YEARLY, rrule, weekday

Skip = Literal["OMIT", "BACKWARD", "FORWARD"]
"""What becomes of the 31st in a month that has none (RFC 7529): left out, the last day of that
month, or the first of the next."""

FIRST_YEAR, LAST_YEAR = 1970, 2199

_THIS_YEAR_ONLY = 10_000
_EVERY_MONTH = tuple(range(1, 13))


@dataclass(frozen=True)
class DayParts:
    """The parts of a rule that choose days; an empty one chooses all.

    `week_days` are (ordinal, weekday), ordinal 0 = each, Monday = 0. Ordinals count in the year, or
    in each month with `in_month`. `skip` other than OMIT goes with `months` and `month_days` only.
    """

    months: tuple[int, ...] = ()
    week_numbers: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_days: tuple[tuple[int, int], ...] = ()
    week_start: int = 0
    in_month: bool = False
    skip: Skip = "OMIT"


def days_of(parts: DayParts, year: int) -> tuple[tuple[int, ...], ...]:
    """Return the chosen days of each month of a year, as days since its 1 January.

    Twelve tuples, each ascending. With FORWARD, the first of a month may be in the one before.
    """
    first = date(year, 1, 1).weekday()
    return _chosen(parts, _alike(first, isleap(year), isleap(year - 1)))


def ever(parts: DayParts) -> bool:
    """Return whether any day of the supported years is chosen."""
    return any(any(days_of(parts, year)) for year in range(FIRST_YEAR, LAST_YEAR + 1))


def week_year(day: int, week_start: int) -> int:
    """Return the year whose weeks a day (proleptic ordinal) belongs to, as in ISO 8601."""
    begin = day - (day - 1 - week_start) % 7
    # a week belongs to the year that has most of it, and so its fourth day
    return date.fromordinal(begin + 3).year


@cache
def _alike(first: int, leap: bool, after_leap: bool) -> int:
    """Return a year that begins on this weekday and is as long, and the year before it too."""
    return next(
        year
        for year in range(1970, 2370)  # all there are: the calendar repeats after 400 years
        if (date(year, 1, 1).weekday(), isleap(year), isleap(year - 1)) == (first, leap, after_leap)
    )


@lru_cache(maxsize=1024)
def _chosen(parts: DayParts, year: int) -> tuple[tuple[int, ...], ...]:
    begin = date(year, 1, 1).toordinal()
    months: list[set[int]] = [set() for _ in range(12)]
    for day in _from_dateutil(parts, year):
        if not parts.week_numbers or _in_weeks(day, parts):
            months[day.month - 1].add(day.toordinal() - begin)
    if parts.skip != "OMIT":
        for month in parts.months or _EVERY_MONTH:
            last = monthrange(year, month)[1]
            if any(day > last for day in parts.month_days):
                moved = date(year, month, last).toordinal() - begin
                months[month - 1].add(moved + (parts.skip == "FORWARD"))
    return tuple(tuple(sorted(days)) for days in months)


def _from_dateutil(parts: DayParts, year: int) -> set[date]:
    each = [day for ordinal, day in parts.week_days if not ordinal]
    counted = [weekday(day, ordinal) for ordinal, day in parts.week_days if ordinal]
    # given together, dateutil wants a day to be both; with none it would take the start's
    choices: list[Any] = [some for some in (each, counted) if some] or [range(7)]
    found: set[date] = set()
    for choice in choices:
        days = rrule(
            YEARLY,
            dtstart=datetime(year, 1, 1),  # noqa: DTZ001 (wall time)
            interval=_THIS_YEAR_ONLY,
            wkst=0,
            bymonth=parts.months or (_EVERY_MONTH if parts.in_month else None),
            bymonthday=parts.month_days or None,
            byyearday=parts.year_days or None,
            byweekday=choice,
        )
        found.update(day.date() for day in days)
    return found


def _in_weeks(day: date, parts: DayParts) -> bool:
    """Tell whether a day is in one of the weeks by number, counted from the end too.

    Not dateutil's BYWEEKNO: of the first days of January it mistakes the last week of the year
    before for another one.
    """
    ordinal = day.toordinal()
    year = week_year(ordinal, parts.week_start)
    first = _first_week(year, parts.week_start)
    week = (ordinal - first) // 7 + 1
    weeks = (_first_week(year + 1, parts.week_start) - first) // 7
    return week in parts.week_numbers or week - weeks - 1 in parts.week_numbers


def _first_week(year: int, week_start: int) -> int:
    fourth = date(year, 1, 4)  # 4 January is always in week 1
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7
