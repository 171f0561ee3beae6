"""Quiet hours: pure, over midnight and over changes of clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbell.notifications.quiet import quiet_until

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
NIGHT = {"start": time(22), "end": time(7)}


def zurich(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Zurich")).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-20 21:59:59", None),
        ("2026-11-20 22:00", "2026-11-21 07:00"),
        ("2026-11-21 00:30", "2026-11-21 07:00"),
        ("2026-11-21 06:59:59", "2026-11-21 07:00"),
        ("2026-11-21 07:00", None),
        ("2026-11-21 12:00", None),
    ],
)
def test_over_midnight(at: str, until: str | None) -> None:
    found = quiet_until(zurich(at), zone="Europe/Zurich", **NIGHT)
    assert found == (until and zurich(until))


def test_within_a_day() -> None:
    nap = {"start": time(13), "end": time(14, 30)}
    assert quiet_until(zurich("2026-11-20 13:30"), zone="Europe/Zurich", **nap) == zurich(
        "2026-11-20 14:30"
    )
    assert quiet_until(zurich("2026-11-20 12:59"), zone="Europe/Zurich", **nap) is None


def test_none_are_set() -> None:
    at = zurich("2026-11-20 23:00")
    assert quiet_until(at, zone="UTC", start=None, end=None) is None
    assert quiet_until(at, zone="UTC", start=time(5), end=time(5)) is None


def test_an_end_in_the_gap_comes_after_it_and_a_doubled_one_is_the_first() -> None:
    hours = {"start": time(22), "end": time(2, 30)}
    spring = quiet_until(zurich("2027-03-28 01:00"), zone="Europe/Zurich", **hours)
    assert spring == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # 03:30, as there is no 02:30
    autumn = quiet_until(zurich("2026-10-25 01:00"), zone="Europe/Zurich", **hours)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    zone=st.sampled_from(ZONES),
    # hypothesis adds the zone itself
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    start=st.times(),
    end=st.times(),
)
def test_what_is_held_goes_out_later_and_not_into_quiet_hours(
    zone: str, at: datetime, start: time, end: time
) -> None:
    until = quiet_until(at, zone=zone, start=start, end=end)
    if until is not None:
        assert at < until <= at + timedelta(hours=26)
        wall = until.astimezone(ZoneInfo(zone))
        skipped = wall.replace(tzinfo=None) != datetime.combine(wall.date(), end)
        assert skipped or quiet_until(until, zone=zone, start=start, end=end) is None
