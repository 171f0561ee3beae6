"""Now, as the user's clock and calendar show it, and steps from there."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from taskbell.quick_add.model import Context
from taskbell.recurrence.slots import Slot, instant_of, slot_of, today

LAST_DAY = date(2199, 12, 31)
"""What `taskbell.times.Instant` takes ends with the year after."""
_FIRST_DAY = date(1970, 1, 1)
_HALF_A_YEAR = 183
_WEEK_STARTS = {"monday": 0, "saturday": 5, "sunday": 6}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The user's present.

    `now` is in UTC, `today` in the user's zone; weeks begin at weekday `week_start` (0 is Monday).
    `past`, `all_day_at`: see `Context`.
    """

    now: datetime
    zone: str
    today: date
    week_start: int
    month_first: bool
    language: str
    past: bool = False
    all_day_at: time = time(9)

    @classmethod
    def of(cls, context: Context) -> Self:
        """Return the calendar of a context."""
        language, _, region = context.locale.lower().replace("_", "-").partition("-")
        return cls(
            now=context.at.astimezone(UTC),
            zone=context.zone,
            today=today(context.at, context.zone),
            week_start=_WEEK_STARTS[context.week_start],
            month_first=language == "en" and region == "us",
            language=language,
            past=context.past,
            all_day_at=context.all_day_at,
        )

    @property
    def minute(self) -> datetime:
        """The full minute that is nearest to now, in UTC."""
        return (self.now + timedelta(seconds=30)).replace(second=0, microsecond=0)

    def instant(self, day: date, wall: time) -> datetime:
        """Return when a wall clock of the user's zone shows a time, in UTC."""
        return instant_of(datetime.combine(day, wall), self.zone)

    def wall(self, instant: datetime) -> datetime:
        """Return what a wall clock of the user's zone shows at an instant: naive, no fractions."""
        return slot_of(instant, self.zone)

    def of_slot(self, slot: Slot) -> datetime | None:
        """Return the instant of a slot, in UTC; None for a date."""
        return instant_of(slot, self.zone) if isinstance(slot, datetime) else None

    def next_at(self, wall: time) -> date | None:
        """Return the first day from today on when a time is still to come."""
        if self.instant(self.today, wall) > self.now:
            return self.today
        return shift(self.today, 1)

    def next_weekday(self, weekday: int) -> date | None:
        """Return the next such day after today."""
        return shift(self.today, (weekday - self.today.weekday() - 1) % 7 + 1)

    def yearly(self, month: int, day: int) -> date | None:
        """Return the day that a date without a year means: the next such day.

        Where what is past may be meant, it is the last one when that was within half a year.
        """
        if self.past:
            last = made(self.today.year, month, day)
            if last is None or last > self.today:
                last = made(self.today.year - 1, month, day)
            if last and (self.today - last).days <= _HALF_A_YEAR:
                return last
        return next_yearly(self.today, month, day)

    def week_of(self, day: date) -> date:
        """Return the first day of the week a day belongs to."""
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)

    def day_in_week(self, week: date, weekday: int) -> date | None:
        """Return a weekday of the week that begins on `week`."""
        return shift(week, (weekday - self.week_start) % 7)


def made(year: int, month: int, day: int) -> date | None:
    """Return a date, or None when there is none such, or it is out of range."""
    try:
        value = date(year, month, day)
    except ValueError:
        return None
    return value if _FIRST_DAY <= value <= LAST_DAY else None


def shift(day: date, days: int) -> date | None:
    """Return a day so many days later, None beyond `LAST_DAY`."""
    if days > (LAST_DAY - day).days:
        return None
    return day + timedelta(days=days)


def shift_months(day: date, months: int) -> date | None:
    """Return the same day of the month so many months later, or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > LAST_DAY.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def next_yearly(today: date, month: int, day: int) -> date | None:
    """Return the first such day of a year from today on; None for one that no year has."""
    for year in range(today.year, today.year + 9):  # 1896 to 1904: eight years without 29 February
        found = made(year, month, day)
        if found and found >= today:
            return found
    return None


def next_monthly(today: date, day: int) -> date | None:
    """Return the first such day of a month from today on; None for one that no month has."""
    for months in range(3):  # of two months in a row one has 31 days
        start = shift_months(today.replace(day=1), months)
        found = start and made(start.year, start.month, day)
        if found and found >= today:
            return found
    return None
