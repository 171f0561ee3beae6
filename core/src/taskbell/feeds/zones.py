"""Time zones as calendars write them (VTIMEZONE): what a wall time means, told along with it.

Made here from the zone database, for what `icalendar` generates is an hour late where clocks go
forward. Most programs know the names anyway; those of Microsoft go by these rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

YEARS = 15
"""So far ahead are changes written one by one where no yearly rule fits them (Morocco's follow the
moon); rules have no end."""

_DAY = timedelta(days=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class _Kind:
    """One of the changes of a zone, such as the one to summer time."""

    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


@lru_cache(maxsize=256)
def timezone(zone: str, *, since: int, until: int) -> Timezone:
    """Return the VTIMEZONE of an IANA zone, for wall times from the year `since` on.

    `until`: the last year that changes are looked for in, `YEARS` ahead of now.
    """
    place = ZoneInfo(zone)
    made = Timezone()
    made.add("tzid", zone)
    first = datetime(since, 1, 1, tzinfo=UTC)
    begin = first.astimezone(place)
    offset = _offset(begin)
    _add(made, _kind(begin, offset), [datetime(since, 1, 1)], rule=None)  # noqa: DTZ001 (wall time)
    changes: dict[_Kind, list[datetime]] = {}
    for moment in _changes(place, first, datetime(until + 1, 1, 1, tzinfo=UTC)):
        before = _offset((moment - timedelta(seconds=1)).astimezone(place))
        # by the clock that is about to be changed
        wall = (moment + before).replace(tzinfo=None)
        changes.setdefault(_kind(moment.astimezone(place), before), []).append(wall)
    for kind, walls in changes.items():
        _add(made, kind, walls, rule=_yearly(walls, until))
    return made


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()


def _kind(local: datetime, before: timedelta) -> _Kind:
    # in Ireland it is the winter that differs: there it has a negative `dst`
    is_summer = (local.dst() or timedelta()) > timedelta()
    return _Kind(before, _offset(local), local.tzname() or "", is_summer)


def _changes(place: ZoneInfo, first: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants, in UTC and to the second, at which the clocks of a zone are changed."""

    def state(moment: datetime) -> tuple[timedelta, str | None]:
        local = moment.astimezone(place)
        return _offset(local), local.tzname()

    while first < end:
        low, high = first, first + _DAY
        if state(low) != state(high):
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if state(middle) == state(low) else (low, middle)
            yield high
        first += _DAY


def _yearly(walls: list[datetime], until: int) -> str | None:
    """Return the rule of changes that come on the same weekday of a month each year, else None."""
    first = walls[0]
    if [wall.year for wall in walls] != list(range(first.year, until + 1)) or len(walls) < 3:
        return None
    if len({(wall.month, wall.weekday(), wall.time()) for wall in walls}) > 1:
        return None
    weeks = {(wall.day - 1) // 7 + 1 for wall in walls}
    is_last = all((wall + 7 * _DAY).month != wall.month for wall in walls)
    if len(weeks) > 1 and not is_last:
        return None
    number = -1 if is_last else weeks.pop()
    return f"FREQ=YEARLY;BYMONTH={first.month};BYDAY={number}{_WEEKDAYS[first.weekday()]}"


def _add(made: Timezone, kind: _Kind, walls: list[datetime], *, rule: str | None) -> None:
    part = TimezoneDaylight() if kind.is_summer else TimezoneStandard()
    part.add("dtstart", walls[0])
    part.add("tzoffsetfrom", kind.before)
    part.add("tzoffsetto", kind.after)
    part.add("tzname", kind.name)
    if rule is not None:
        part.add("rrule", vRecur.from_ical(rule))
    elif walls[1:]:
        part.add("rdate", walls[1:])
    made.add_component(part)
