"""Time zones in calendars mean what the zone database says, to readers that know no zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from core.tests.recurrence.zones import ZONES as ALL
from core.tests.recurrence.zones import changes
from taskbell.feeds import zones
from taskbell.feeds.zones import STEP, changes_of, timezone

ZONES = [
    "Africa/Casablanca", "Africa/Cairo", "America/New_York", "America/Santiago", "America/Nuuk",
    "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Asia/Jerusalem", "Asia/Kolkata",
    "Asia/Beirut", "Asia/Gaza", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "EST5EDT",
    "Europe/Dublin", "Europe/London", "Europe/Zurich", "Pacific/Apia", "Pacific/Chatham",
    "Pacific/Kiritimati", "US/Pacific", "Etc/GMT+12",
]  # fmt: skip
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def as_read(zone: str) -> Any:
    """A zone as somebody reads it who has nothing but the calendar."""
    text = timezone(zone, since=2025, until=2040).to_ical().decode().replace("\r\n ", "")
    return tzical(StringIO(text)).get(zone)


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_are_those_of_the_database(zone: str) -> None:
    theirs, ours = as_read(zone), ZoneInfo(zone)
    moments = [datetime(2025, 1, 2, tzinfo=UTC) + timedelta(days=23 * n) for n in range(240)]
    for change in changes(zone):
        moments += [change.instant + n * HOUR for n in (-30, -3, 3, 30)]
    for moment in moments:
        wall = moment.astimezone(ours).replace(tzinfo=None)
        if moment.year >= 2025:
            offset = wall.replace(tzinfo=ours).utcoffset()
            assert wall.replace(tzinfo=theirs).utcoffset() == offset, moment


@pytest.mark.parametrize("zone", ZONES)
def test_changes_come_to_the_hour(zone: str) -> None:
    """The library's own zones begin summer time an hour late."""
    theirs, ours = as_read(zone), ZoneInfo(zone)
    for change in changes(zone):
        if change.instant.year < 2026:
            continue
        before = change.wall - HOUR - max(timedelta(), -change.jump)
        after = change.later + timedelta(minutes=1) + max(timedelta(), -change.jump)
        for wall in (before, after):
            offset = wall.replace(tzinfo=ours).utcoffset()
            assert wall.replace(tzinfo=theirs).utcoffset() == offset, (change, wall)


def test_what_comes_each_year_has_no_end() -> None:
    text = timezone("Europe/Zurich", since=2026, until=2040).to_ical().decode()
    assert text.count("RRULE:FREQ=YEARLY;BYDAY=-1SU") == 2
    assert "RDATE" not in text


def test_a_zone_without_changes_is_one_part() -> None:
    text = timezone("Asia/Tokyo", since=2026, until=2040).to_ical().decode()
    assert (text.count("BEGIN:STANDARD"), text.count("BEGIN:DAYLIGHT")) == (1, 0)


def test_no_change_of_any_zone_is_missed() -> None:
    for zone in ALL:
        found = [one for decade in (2020, 2030) for one in changes_of(zone, decade)]
        ours = ZoneInfo(zone)
        # a name may change without the offset
        moved = [one for one in found if offset(one, ours) != offset(one - SECOND, ours)]
        assert moved == [one.instant for one in changes(zone) if one.instant.year < 2040], zone


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Asia/Gaza", "America/Recife", *ALL[::29]])
def test_changes_of_the_past_are_found_as_day_by_day(zone: str) -> None:
    ours, day = ZoneInfo(zone), timedelta(days=1)
    decades = range(1960, 2020, 10)
    found = [one for decade in decades for one in changes_of(zone, decade)]
    days = [datetime(1960, 1, 1, tzinfo=UTC) + n * day for n in range(365 * 60 + 15)]
    states = [(one.astimezone(ours).utcoffset(), one.astimezone(ours).tzname()) for one in days]
    expected = [days[n] for n in range(1, len(days)) if states[n] != states[n - 1]]
    # each is within the day before it was seen
    assert [-(-(one - days[0]) // day) for one in found] == [
        (one - days[0]) // day for one in expected
    ]


def test_changes_are_never_nearer_than_two_looks() -> None:
    """There and back between two looks would not be seen."""
    for zone in ("America/Cambridge_Bay", "America/Recife", "Asia/Gaza", *ALL[::7]):
        found = [one for decade in range(1960, 2050, 10) for one in changes_of(zone, decade)]
        assert all(late - soon > STEP for soon, late in pairwise(found)), zone


class Counting(tzinfo):
    """A zone that counts how often it is looked at."""

    def __init__(self, zone: str) -> None:
        self.zone, self.looks = ZoneInfo(zone), 0

    def fromutc(self, moment: datetime) -> datetime:
        self.looks += 1
        return self.zone.fromutc(moment.replace(tzinfo=self.zone)).replace(tzinfo=self)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment)


def test_looking_for_changes_takes_few_looks() -> None:
    place = Counting("Europe/Zurich")
    begin, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2030))
    assert tuple(zones.changes(place, begin, end)) == changes_of("Europe/Zurich", 2020)
    assert place.looks < 10 * 366 / 5 + 20 * 20, "every five days, and some for each change"


def test_changes_of_every_zone_are_looked_for_once() -> None:
    """However many calendars name all of them, and whenever their series begin."""
    some = ALL[::9]
    changes_of.cache_clear()
    for since in (2025, 2026, 2025, 2029):
        for zone in some:
            timezone(zone, since=since, until=2041)
    assert changes_of.cache_info().misses == 3 * len(some), "the 2020s to 2040s"
    assert (changes_of.cache_info().maxsize or 0) > 9 * len(ALL), "there is room for all"


def offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
