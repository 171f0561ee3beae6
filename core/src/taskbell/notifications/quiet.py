"""Quiet hours: when nothing makes a noise. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from taskbell.times import known_zone


def quiet_until(
    at: datetime, *, zone: str, start: time | None, end: time | None
) -> datetime | None:
    """Return when the quiet hours that an instant falls into end; None when it falls into none.

    `start` and `end` are wall times of the zone; with `end` before `start` they go over midnight.
    `at` the end itself they are over. An end that a change of clocks skips is the moment after the
    gap; one that comes twice is the first (PEP 495, `fold=0`).
    """
    if start is None or end is None or start == end:
        return None
    local_zone = ZoneInfo(known_zone(zone))
    local = at.astimezone(local_zone)
    for days in (-1, 0):
        first = local.date() + timedelta(days=days)
        last = first if start < end else first + timedelta(days=1)
        # in UTC: within a zone arithmetic and comparison ignore its changes
        begins = datetime.combine(first, start, local_zone).astimezone(UTC)
        ends = datetime.combine(last, end, local_zone).astimezone(UTC)
        if begins <= at < ends:
            return ends
    return None
