"""From a rule and a start to the wall-clock slots that match: zones play no part here.

Work goes year by year over the days that `days.py` gives, and ends with the last supported year:
whatever the rule, at most 230 years of 366 days are looked at, and a walk begins where its caller
wants to be, not at the start.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, groupby
from math import gcd
from typing import TYPE_CHECKING

from taskbell.recurrence.days import LAST_YEAR, DayParts, days_of, week_year
from taskbell.recurrence.slots import Slot, day_of

if TYPE_CHECKING:  # rules.py asks here whether a rule ever comes again
    from taskbell.recurrence.rules import Rule

_DAY = 24 * 60

Period = tuple[list[int], list[int]]
"""What a rule gives in one of its periods: days (proleptic ordinals), each at these minutes."""


@dataclass(frozen=True)
class Pattern:
    """A rule with all that it takes from its start filled in."""

    rule: "Rule"
    start: Slot
    parts: DayParts
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    second: int

    @property
    def first_day(self) -> int:
        """The day of the start, as a proleptic ordinal."""
        return day_of(self.start).toordinal()


def matching(rule: "Rule", start: Slot, *, since: Slot) -> Iterator[Slot]:
    """Yield the slots that match a rule whose series began at `start`, ascending, from `since` on.

    `since` is on the day of the start or later. Neither COUNT nor UNTIL ends them, but the year
    2200 does. The start is among them only where it matches.
    """
    pattern = _pattern(rule, start)
    begin, timed = day_of(since).toordinal(), isinstance(start, datetime)
    latest: Slot | None = None
    for days, minutes in _periods(pattern, begin):
        for day, minute in _chosen(days, minutes, rule.positions, begin):
            slot: Slot = date.fromordinal(day)
            if timed:
                slot = datetime.fromordinal(day) + timedelta(minutes=minute, seconds=pattern.second)
            # the 31st moved forward and the 1st of the next month are one day
            if slot >= since and (latest is None or slot > latest):
                latest = slot
                yield slot


def _pattern(rule: "Rule", start: Slot) -> Pattern:
    """Fill in what RFC 5545 takes from the start where the rule does not say."""
    day, parts = day_of(start), rule.day_parts()
    days_given = parts.year_days or parts.month_days or parts.week_days
    if rule.frequency == "WEEKLY" and not parts.week_days:
        parts = replace(parts, week_days=((0, day.weekday()),))
    elif rule.frequency in ("YEARLY", "MONTHLY") and not days_given:
        if parts.week_numbers:
            parts = replace(parts, week_days=((0, day.weekday()),))
        else:
            # nobody wrote "31", it is the day that it began on: short months use their last day
            parts = replace(parts, month_days=(day.day,), skip=rule.skip or "BACKWARD")
            if rule.frequency == "YEARLY" and not parts.months:
                parts = replace(parts, months=(day.month,))
    at = _time_of(start)
    within = {"HOURLY": range(24), "MINUTELY": range(24)}.get(rule.frequency, (at.hour,))
    minutely = range(60) if rule.frequency == "MINUTELY" else (at.minute,)
    return Pattern(
        rule,
        start,
        parts,
        rule.hours or tuple(within),
        rule.minutes or tuple(minutely),
        0 if rule.seconds else at.second,
    )


def _time_of(start: Slot) -> time:
    return start.time() if isinstance(start, datetime) else time.min


def _periods(pattern: Pattern, begin: int) -> Iterator[Period]:
    """Yield the periods of a pattern, interval apart, from the one that holds day `begin`."""
    match pattern.rule.frequency:
        case "YEARLY" | "WEEKLY":
            groups = _years_or_weeks(pattern, begin)
        case "MONTHLY":
            groups = _months(pattern, begin)
        case _:
            yield from _within_days(pattern, begin)
            return
    times = [hour * 60 + minute for hour in pattern.hours for minute in pattern.minutes]
    for days in groups:
        yield days, times


def _years_or_weeks(pattern: Pattern, begin: int) -> Iterator[list[int]]:
    week_start, interval = pattern.rule.week_start, pattern.rule.interval

    def period_of(day: int) -> int:
        if pattern.rule.frequency == "WEEKLY":
            return (day - 1 - week_start) // 7
        if pattern.parts.week_numbers:
            return week_year(day, week_start)
        return date.fromordinal(day).year

    first, at = period_of(pattern.first_day), period_of(begin)
    # a year of weeks begins up to three days before its 1 January
    margin = 7 if pattern.rule.frequency == "WEEKLY" else 371
    matching_days = chain.from_iterable(_days(pattern.parts, begin - margin))
    for period, days in groupby(matching_days, period_of):
        if period >= at and (period - first) % interval == 0:
            yield list(days)


def _months(pattern: Pattern, begin: int) -> Iterator[list[int]]:
    start, day = day_of(pattern.start), date.fromordinal(begin)
    first, interval = start.year * 12 + start.month - 1, pattern.rule.interval
    # the month before may have a day that moved into this one
    behind = max(day.year * 12 + day.month - 2 - first, 0)
    aligned = first + -(-behind // interval) * interval
    for month in range(aligned, (LAST_YEAR + 1) * 12, interval):
        year = month // 12
        january = date(year, 1, 1).toordinal()
        yield [january + day for day in days_of(pattern.parts, year)[month % 12]]


def _within_days(pattern: Pattern, begin: int) -> Iterator[Period]:
    """Periods of a day or less. Which units of a day are `interval` apart repeats after `cycle`
    days, so most days are passed over by one look at their remainder.
    """
    rule, start = pattern.rule, pattern.start
    at = _time_of(start)
    hours, minutes = pattern.hours, pattern.minutes
    match rule.frequency:
        case "HOURLY":
            per_day, first, units = 24, at.hour, list(hours)
        case "MINUTELY":
            per_day, first = _DAY, at.hour * 60 + at.minute
            units = [hour * 60 + minute for hour in hours for minute in minutes]
        case _:
            per_day, first, units = 1, 0, [0]
    first += pattern.first_day * per_day
    shared = gcd(rule.interval, per_day)
    cycle = rule.interval // shared
    step = pow(per_day // shared, -1, cycle)
    hit = {
        (first - unit) // shared * step % cycle for unit in units if (first - unit) % shared == 0
    }
    if not hit:
        return
    days = chain.from_iterable(
        [day for day in year if day % cycle in hit] for year in _days(pattern.parts, begin)
    )
    for day in days:
        for unit in units:
            if (day * per_day + unit - first) % rule.interval == 0:
                yield [day], _minutes_in(unit, pattern)


def _minutes_in(unit: int, pattern: Pattern) -> list[int]:
    match pattern.rule.frequency:
        case "HOURLY":
            return [unit * 60 + minute for minute in pattern.minutes]
        case "MINUTELY":
            return [unit]
        case _:
            return [hour * 60 + minute for hour in pattern.hours for minute in pattern.minutes]


def _days(parts: DayParts, begin: int) -> Iterator[list[int]]:
    """Yield the days that match, ascending, from `begin` to the end of the last year, by year."""
    for year in range(date.fromordinal(max(begin, 1)).year, LAST_YEAR + 1):
        january = date(year, 1, 1).toordinal()
        months = days_of(parts, year)
        days = [january + day for month in months for day in month]
        if parts.skip == "FORWARD":
            days = sorted(set(days))
        yield days[bisect_left(days, begin) :] if days and days[0] < begin else days


def _chosen(
    days: list[int], minutes: list[int], positions: tuple[int, ...], begin: int
) -> Iterator[tuple[int, int]]:
    """Yield the (day, minute)s of a period that BYSETPOS chooses, without building all of them."""
    if positions:
        total = len(days) * len(minutes)
        wanted = {place - 1 if place > 0 else total + place for place in positions}
        for place in sorted(place for place in wanted if 0 <= place < total):
            yield days[place // len(minutes)], minutes[place % len(minutes)]
        return
    for day in days[bisect_left(days, begin) :]:
        for minute in minutes:
            yield day, minute
