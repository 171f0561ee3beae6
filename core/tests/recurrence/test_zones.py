"""Every zone and every change of its offset from 2020 to 2040, and the days round each."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from core.tests.recurrence.series import one_by_one, slot
from core.tests.recurrence.zones import ZONES, Change, changes, every_change
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import next_slot, upcoming
from taskbell.recurrence.slots import Slot, instant_of, slot_of

DAY = timedelta(days=1)
DAILY = Rule.parse("FREQ=DAILY")
SHIFTS = [timedelta(minutes=minutes) for minutes in (-1, 0, 1, 15, 30, 59, 60, 90)]


def round_of(rule: Rule, start: Slot, zone: str, limit: int) -> list[datetime]:
    slots = upcoming(rule, start=start, current=start, zone=zone, anchor="schedule", limit=limit)
    return [one for one in slots if isinstance(one, datetime)]


def times_round(change: Change) -> set[datetime]:
    """Moments just before, in and after what a change leaves out or doubles."""
    first = min(change.wall, change.later).replace(second=0)
    last = max(change.wall, change.later).replace(second=0)
    return {edge + shift for edge in (first, last) for shift in SHIFTS}


def test_there_are_zones_of_every_kind() -> None:
    assert len(ZONES) > 400
    jumps = {change.jump for zone in ZONES for change in changes(zone)}
    assert jumps >= {timedelta(hours=1), -timedelta(hours=1), timedelta(minutes=30)}
    assert min(jumps) <= -timedelta(hours=3)
    assert max(jumps) >= timedelta(hours=3)


@pytest.mark.parametrize("zone", ZONES)
def test_daily_repeats_keep_their_wall_time_round_every_change(zone: str) -> None:
    nine = slot("2026-11-20 09:00")
    assert isinstance(nine, datetime)
    for change in changes(zone) or [Change(instant_of(nine, zone), nine, nine)]:
        for moment in times_round(change):
            start = moment - 2 * DAY
            slots = round_of(DAILY, start, zone, 5)
            # same wall time, each day once, none left out
            assert slots == [start + number * DAY for number in range(5)], (change, moment)
            instants = [instant_of(one, zone) for one in slots]
            assert all(sooner < later for sooner, later in pairwise(instants)), (change, moment)
            for one, instant in zip(slots, instants, strict=True):
                left_out = change.wall <= one < change.later
                shown = one + change.jump if left_out else one
                assert slot_of(instant, zone) == shown, (change, one)


def test_completing_each_at_its_moment_goes_through_every_change() -> None:
    for zone, change in every_change():
        start = change.wall.replace(second=0) + timedelta(minutes=15) - 2 * DAY
        current: Slot | None = start
        for number in range(1, 5):
            assert isinstance(current, datetime)
            at = instant_of(current, zone) + timedelta(seconds=5)
            current = next_slot(DAILY, start=start, after=current, zone=zone, at=at)
            assert current == start + number * DAY, (zone, change, at)


@pytest.mark.parametrize("text", ["FREQ=HOURLY", "FREQ=MINUTELY;INTERVAL=25"])
def test_instants_increase_and_no_slot_is_twice_by_the_hour_and_minute(text: str) -> None:
    rule = Rule.parse(text)
    for zone in ZONES:
        # one change of each length: they are alike year after year
        for change in {change.jump: change for change in changes(zone)}.values():
            start = change.wall.replace(second=0) - timedelta(hours=5)
            slots = round_of(rule, start, zone, 40)
            instants = [instant_of(one, zone) for one in slots]
            assert all(sooner < later for sooner, later in pairwise(instants)), (zone, change)
            assert all(sooner < later for sooner, later in pairwise(slots)), (zone, change)


def test_all_day_dates_are_the_same_in_every_zone() -> None:
    start = date(2026, 3, 1)
    expected = [start + timedelta(days=day) for day in range(45)]
    for zone in ZONES:
        assert list(one_by_one(DAILY, start, 45, zone)) == expected, zone


@pytest.mark.parametrize(
    ("zone", "left_out"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Fakaofo", date(2011, 12, 30)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
        ("Pacific/Kanton", date(1994, 12, 31)),
    ],
)
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_where_a_whole_day_was_left_out_instants_still_increase(
    zone: str, left_out: date, hour: int
) -> None:
    start = datetime.combine(left_out, datetime.min.time()).replace(hour=hour) - 2 * DAY
    slots = round_of(DAILY, start, zone, 5)
    assert slots == [start + number * DAY for number in (0, 1, 3, 4, 5)]
    instants = [instant_of(one, zone) for one in slots]
    assert [later - sooner for sooner, later in pairwise(instants)] == [DAY] * 4
    # what falls on that day alone comes a day later
    weekly = round_of(Rule.parse("FREQ=WEEKLY"), start + 2 * DAY - timedelta(weeks=1), zone, 3)
    assert slot_of(instant_of(weekly[1], zone), zone) == start + 3 * DAY


def test_morocco_changes_round_ramadan_and_nine_stays_nine() -> None:
    zone, start = "Africa/Casablanca", slot("2026-01-01 09:00")
    slots = round_of(DAILY, start, zone, 365)
    assert {one.time() for one in slots} == {datetime.min.time().replace(hour=9)}
    assert {instant_of(one, zone).hour for one in slots} == {8, 9}


def test_lord_howe_changes_by_half_an_hour() -> None:
    zone = "Australia/Lord_Howe"
    spring = round_of(DAILY, slot("2026-10-03 02:15"), zone, 3)
    assert [slot_of(instant_of(one, zone), zone).strftime("%d %H:%M") for one in spring] == [
        "03 02:15",
        "04 02:45",
        "05 02:15",
    ]
    autumn = instant_of(datetime.fromisoformat("2026-04-05T01:45"), zone)
    assert autumn == datetime(2026, 4, 4, 14, 45, tzinfo=UTC)
