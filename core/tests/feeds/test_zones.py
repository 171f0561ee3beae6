"""Time zones in calendars mean what the zone database says, to readers that know no zone."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from core.tests.recurrence.zones import changes
from taskbell.feeds.zones import timezone

ZONES = [
    "Africa/Casablanca", "Africa/Cairo", "America/New_York", "America/Santiago", "America/Nuuk",
    "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Asia/Jerusalem", "Asia/Kolkata",
    "Asia/Beirut", "Asia/Gaza", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "EST5EDT",
    "Europe/Dublin", "Europe/London", "Europe/Zurich", "Pacific/Apia", "Pacific/Chatham",
    "Pacific/Kiritimati", "US/Pacific", "Etc/GMT+12",
]  # fmt: skip
HOUR = timedelta(hours=1)


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
