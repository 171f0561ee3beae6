"""Times and lengths of time as mails say them."""

from datetime import date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from taskbell.times import known_zone

_SIZES = ((86_400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes"))
_SHORT_SIZES = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"))


class Entry(Protocol):
    """A task of a digest; `at_time` is None when it is due on a date."""

    @property
    def day(self) -> date:
        """When it is due, in the reader's zone."""

    @property
    def at_time(self) -> time | None:
        """At which time of the day."""


def in_zone(value: datetime, zone: str) -> str:
    """Return an instant in words, in the time of a zone."""
    zone = known_zone(zone)
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M} ({zone})"


def day(value: date) -> str:
    """Return a date in words."""
    return f"{value:%A}, {value.day} {value:%B %Y}"


def duration(seconds: int) -> str:
    """Return a length of time in its largest unit, such as `2 hours`; rounded down."""
    return _largest(seconds, _SIZES) or f"{seconds} seconds"


def short_duration(seconds: int) -> str:
    """Return the same in short, such as `2 h`."""
    return _largest(seconds, _SHORT_SIZES) or f"{seconds} s"


def when(entry: Entry, today: date) -> str:
    """Return when a task is due, as short as it can be said on a day."""
    if entry.day == today:
        return f"at {entry.at_time:%H:%M}" if entry.at_time else "all day"
    said = f"{entry.day:%A}, {entry.day.day} {entry.day:%B}"
    if entry.day.year != today.year:
        said = f"{said} {entry.day.year}"
    return f"{said}, {entry.at_time:%H:%M}" if entry.at_time else said


def _largest(seconds: int, sizes: tuple[tuple[int, str, str], ...]) -> str:
    for size, one, several in sizes:
        if seconds >= size:
            count = seconds // size
            return f"{count} {one if count == 1 else several}"
    return ""
