"""Rules: RRULE of RFC 5545 §3.3.10 (and SKIP of RFC 7529), read strictly and written one way."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from taskbell.recurrence.days import DayParts, Skip
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.expansion import matching
from taskbell.recurrence.slots import Slot

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Rule:
    """How something repeats. Equal rules are equal and hash alike however they were written.

    `week_days` are (ordinal, weekday): ordinal 0 = each, Monday = 0. `until` is a date, a local
    time (naive) or an instant (UTC). `skip` is None where the rule does not say.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    months: tuple[int, ...] = ()
    week_numbers: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_days: tuple[tuple[int, int], ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0
    skip: Skip | None = None

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Read a rule such as `FREQ=WEEKLY;BYDAY=MO,WE`; a leading `RRULE:` is left away.

        Raises InvalidRecurrenceError, which says what is wrong.
        """
        from taskbell.recurrence.parsing import parse  # it makes rules, so it imports this module

        return parse(text)

    @cached_property
    def text(self) -> str:
        """The rule in its one canonical form: upper case, parts in a fixed order."""
        values = {
            "RSCALE": "GREGORIAN" if self.skip else "",  # RFC 7529: no SKIP without it
            "FREQ": self.frequency,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "COUNT": str(self.count or ""),
            "UNTIL": _until_text(self.until),
            "BYMONTH": _joined(self.months),
            "BYWEEKNO": _joined(self.week_numbers),
            "BYYEARDAY": _joined(self.year_days),
            "BYMONTHDAY": _joined(self.month_days),
            "BYDAY": ",".join(f"{n or ''}{WEEKDAYS[day]}" for n, day in self.week_days),
            "BYHOUR": _joined(self.hours),
            "BYMINUTE": _joined(self.minutes),
            "BYSECOND": _joined(self.seconds),
            "BYSETPOS": _joined(self.positions),
            "WKST": WEEKDAYS[self.week_start] if self.week_start else "",
            "SKIP": self.skip or "",
        }
        return ";".join(f"{name}={value}" for name, value in values.items() if value)

    @property
    def within_day(self) -> bool:
        """Whether it repeats by the hour or the minute."""
        return self.frequency in ("HOURLY", "MINUTELY")

    def day_parts(self) -> DayParts:
        """Return what the rule itself says of days, without what it takes from the start."""
        return DayParts(
            months=self.months,
            week_numbers=self.week_numbers,
            year_days=self.year_days,
            month_days=self.month_days,
            week_days=self.week_days,
            week_start=self.week_start,
            in_month=self.frequency == "MONTHLY",
            skip=self.skip or "OMIT",
        )


def check(rule: Rule, start: Slot, *, field: str | None = None) -> None:
    """Raise InvalidRecurrenceError if a rule cannot repeat something that starts at `start`.

    All-day tasks know no hours, and an interval may never meet the days it is asked for.
    """
    timed = isinstance(start, datetime)
    if not timed and (rule.within_day or rule.hours or rule.minutes or rule.seconds):
        raise InvalidRecurrenceError(
            "An all-day task has no time of day: FREQ=HOURLY, FREQ=MINUTELY, BYHOUR, BYMINUTE and "
            "BYSECOND need a due time.",
            field=field,
        )
    if rule.count != 1 and not any(slot > start for slot in matching(rule, start, since=start)):
        raise InvalidRecurrenceError(
            "With this start it would never come again before the year 2200.", field=field
        )


def _joined(values: tuple[int, ...]) -> str:
    return ",".join(map(str, values))


def _until_text(until: date | datetime | None) -> str:
    if until is None:
        return ""
    written = until.isoformat()[:19].replace("-", "").replace(":", "")
    return written + ("Z" if isinstance(until, datetime) and until.tzinfo else "")
