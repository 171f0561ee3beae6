"""When digests go out: in every zone, round each change of its offset, and while people move."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.tests.recurrence.zones import ZONES, changes, every_change
from taskbell.digest.planning import DAY, bounds, next_at, plan_due
from taskbell.recurrence.slots import today
from taskbell.times import known_zone

ZURICH, AUCKLAND, HONOLULU = "Europe/Zurich", "Pacific/Auckland", "Pacific/Honolulu"
SEVEN = time(7)
HOUR = timedelta(hours=1)
TIMES = (time(0), time(0, 30), time(2, 30), SEVEN, time(23, 30), time(23, 59))
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def days_of(zone: str, at_time: time, *, begin: datetime, end: datetime) -> list[date]:
    """Let a user have digests for a while; return their days, each planned when it is due."""
    found: list[date] = []
    last_day = None
    moment = next_at(zone=zone, at_time=at_time, after=begin, last_day=None)
    while moment < end:
        planned = plan_due(zone=zone, at_time=at_time, at=moment, last_day=last_day)
        assert planned.day == today(moment, zone), "its day is the date it goes out on"
        assert planned.next_at > moment
        found.append(planned.day)
        last_day, moment = planned.day, planned.next_at
    return found


def test_every_day_has_one_round_each_change_of_every_zone() -> None:
    """From 2024 to 2030; where a change leaves out the end of a day, that day may have none."""
    looked_at = 0
    for zone, change in every_change():
        if not FIRST <= change.instant < LAST:
            continue
        looked_at += 1
        begin, end = change.instant - 3 * DAY, change.instant + 3 * DAY
        for at_time in TIMES:
            days = days_of(zone, at_time, begin=begin, end=end)
            assert days == sorted(set(days)), (zone, at_time, days)
            span = {days[0] + number * DAY for number in range((days[-1] - days[0]).days + 1)}
            gone = span - set(days)
            cut_short = {change.wall.date()} if change.wall.date() < change.later.date() else set()
            assert gone <= cut_short, (zone, at_time, gone)
    assert looked_at > 1000


@pytest.mark.parametrize("zone", [ZURICH, "America/New_York", "Australia/Lord_Howe", "Asia/Gaza"])
def test_a_time_in_a_gap_moves_forward_and_a_doubled_one_is_the_first(zone: str) -> None:
    for change in changes(zone):
        if not FIRST <= change.instant < LAST:
            continue
        if change.jump > timedelta(0):
            inside = change.wall + change.jump / 2
            expected = change.instant + change.jump / 2
        else:
            inside = change.later + (-change.jump) / 2
            expected = change.instant - (-change.jump) / 2
        moment = next_at(
            zone=zone, at_time=inside.time(), after=change.instant - 6 * HOUR, last_day=None
        )
        assert moment == expected


def test_a_plain_day() -> None:
    morning = at("2026-11-21T07:00:00+01:00")
    planned = plan_due(zone=ZURICH, at_time=SEVEN, at=morning, last_day=date(2026, 11, 20))
    assert (planned.day, planned.next_at) == (date(2026, 11, 21), morning + DAY)


@pytest.mark.parametrize(
    ("now", "day", "following"),
    [
        ("2026-11-25T12:00:00+01:00", date(2026, 11, 25), "2026-11-26T07:00:00+01:00"),
        ("2026-11-25T06:59:00+01:00", None, "2026-11-25T07:00:00+01:00"),
        ("2026-11-25T23:59:59+01:00", date(2026, 11, 25), "2026-11-26T07:00:00+01:00"),
    ],
    ids=["late on the same day", "before the time", "in the last second"],
)
def test_after_an_outage_only_the_day_that_is_counts(
    now: str, day: date | None, following: str
) -> None:
    planned = plan_due(zone=ZURICH, at_time=SEVEN, at=at(now), last_day=date(2026, 11, 20))
    assert (planned.day, planned.next_at) == (day, at(following))


def test_one_that_went_out_is_not_repeated() -> None:
    planned = plan_due(
        zone=ZURICH, at_time=SEVEN, at=at("2026-11-25T12:00:00+01:00"), last_day=date(2026, 11, 25)
    )
    assert (planned.day, planned.next_at) == (None, at("2026-11-26T07:00:00+01:00"))


def test_switched_on_after_its_time_it_begins_tomorrow() -> None:
    noon = at("2026-11-21T12:00:00+01:00")
    found = next_at(zone=ZURICH, at_time=SEVEN, after=noon, last_day=None)
    assert found == at("2026-11-22T07:00:00+01:00")
    found = next_at(zone=ZURICH, at_time=time(13), after=noon, last_day=None)
    assert found == at("2026-11-21T13:00:00+01:00")


def test_to_where_it_is_yesterday() -> None:
    """Auckland's 22nd went out; in Honolulu it is the 21st still, and the 22nd comes again."""
    sent = at("2026-11-22T07:00:00+13:00")
    found = next_at(zone=HONOLULU, at_time=SEVEN, after=sent + HOUR, last_day=today(sent, AUCKLAND))
    assert found == at("2026-11-23T07:00:00-10:00")


@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from([AUCKLAND, HONOLULU, ZURICH, "Asia/Kathmandu", "Pacific/Kiritimati"]),
            st.sampled_from(TIMES),
            st.integers(min_value=0, max_value=3 * 24 * 60),
        ),
        min_size=1,
        max_size=12,
    )
)
@example(moves=[(AUCKLAND, SEVEN, 60), (HONOLULU, SEVEN, 60), (AUCKLAND, SEVEN, 60)])
def test_whoever_moves_gets_no_day_twice(moves: list[tuple[str, time, int]]) -> None:
    moment = datetime(2026, 3, 27, tzinfo=UTC)
    days: list[date] = []
    for zone, at_time, minutes in moves:
        last = max(days, default=None)
        due = next_at(zone=zone, at_time=at_time, after=moment, last_day=last)
        moment += timedelta(minutes=minutes)
        while due <= moment:
            planned = plan_due(zone=zone, at_time=at_time, at=due, last_day=last)
            if planned.day is not None:
                days.append(planned.day)
                last = planned.day
            due = planned.next_at
    assert days == sorted(set(days))


@pytest.mark.parametrize("zone", [ZURICH, "America/Havana", "Asia/Beirut", "Africa/Cairo"])
def test_days_meet_at_their_bounds(zone: str) -> None:
    day = date(2024, 1, 1)
    while day < date(2027, 1, 1):
        begins, ends = bounds(day, zone)
        assert begins < ends == bounds(day + DAY, zone)[0]
        assert today(begins, zone) == today(ends - timedelta(microseconds=1), zone) == day
        day += DAY


def test_a_zone_nobody_knows_is_utc() -> None:
    assert all(known_zone(zone) == zone for zone in ZONES)
    assert known_zone("Mars/Olympus_Mons") == "UTC"
    assert known_zone("../etc/passwd") == "UTC"
    assert known_zone("") == "UTC"
