"""Every zone there is, and each change of its offset from 2020 to 2040."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

ZONES = sorted(available_timezones() - {"Factory", "localtime"})

_DAY = 24 * 60 * 60  # the nearest changes of any zone are a week apart
_BEGIN, _END = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2020, 2041))


class Change(NamedTuple):
    """`wall` is what clocks show up to the change, `later` what they show from then on."""

    instant: datetime
    wall: datetime
    later: datetime

    @property
    def jump(self) -> timedelta:
        """How far clocks go forward, or back where it is negative."""
        return self.later - self.wall


@cache
def changes(zone: str) -> list[Change]:
    info, found = ZoneInfo(zone), []
    offset = _offset(_BEGIN, info)
    for moment in range(_BEGIN + _DAY, _END, _DAY):
        if (now := _offset(moment, info)) == offset:
            continue
        low, high = moment - _DAY, moment
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(middle, info) == offset else (low, middle)
        instant = datetime.fromtimestamp(high, UTC)
        naive = instant.replace(tzinfo=None)
        found.append(Change(instant, naive + offset, naive + now))
        offset = now
    return found


def every_change() -> Iterator[tuple[str, Change]]:
    """Every change of every zone, with the zone."""
    return ((zone, change) for zone in ZONES for change in changes(zone))


def _offset(moment: int, info: ZoneInfo) -> timedelta:
    offset = datetime.fromtimestamp(moment, info).utcoffset()
    assert offset is not None
    return offset
