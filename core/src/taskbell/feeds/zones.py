"""Time zones as calendars write them (VTIMEZONE): what a wall time means, told along with it.

Made here from the zone database, for what `icalendar` generates is an hour late where clocks go
forward. Most programs know the names anyway; those of Microsoft go by these rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

YEARS = 15
"""So far ahead are changes written one by one where no yearly rule fits them (Morocco's follow the
moon); rules have no end."""

STEP = timedelta(days=5)
"""So far apart a zone is looked at for changes of its clocks: since 1960 no two of any zone came
nearer than six days."""

_SECOND = timedelta(seconds=1)
_WEEK = timedelta(days=7)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class _Kind:
    """One of the changes of a zone, such as the one to summer time."""

    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


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
    end = datetime(until + 1, 1, 1, tzinfo=UTC)
    decades = range(since // 10 * 10, until + 1, 10)
    for moment in (one for decade in decades for one in changes_of(zone, decade)):
        if not first < moment <= end:
            continue
        before = _offset((moment - _SECOND).astimezone(place))
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


@lru_cache(maxsize=8192)  # all zones, each with its decades from 1960 on
def changes_of(zone: str, decade: int) -> tuple[datetime, ...]:
    """Return the changes of an IANA zone in the ten years from `decade` on, as `changes` does."""
    first, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (decade, decade + 10))
    return tuple(changes(ZoneInfo(zone), first, end))


def changes(place: tzinfo, first: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants, in UTC and to the second, at which the clocks of a zone are changed.

    They come after `first`, up to and including `end`. Of each `STEP` only the ends are looked at,
    and what lies between them by halves where they differ.
    """

    def state(moment: datetime) -> tuple[timedelta, str | None]:
        local = moment.astimezone(place)
        return _offset(local), local.tzname()

    low, was = first, state(first)
    while low < end:
        high = min(low + STEP, end)
        if (becomes := state(high)) != was:
            before, after = low, high
            while after - before > _SECOND:
                middle = before + (after - before) // (2 * _SECOND) * _SECOND
                before, after = (middle, after) if state(middle) == was else (before, middle)
            yield after
        low, was = high, becomes


def _yearly(walls: list[datetime], until: int) -> str | None:
    """Return the rule of changes that come on the same weekday of a month each year, else None."""
    first = walls[0]
    if [wall.year for wall in walls] != list(range(first.year, until + 1)) or len(walls) < 3:
        return None
    if len({(wall.month, wall.weekday(), wall.time()) for wall in walls}) > 1:
        return None
    weeks = {(wall.day - 1) // 7 + 1 for wall in walls}
    is_last = all((wall + _WEEK).month != wall.month for wall in walls)
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
