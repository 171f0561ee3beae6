"""From completion; where a series begins; the list of what comes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from core.tests.recurrence.series import slot, written
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import first_slot, next_from_completion, upcoming
from taskbell.recurrence.slots import Slot, instant_of

ZURICH, APIA, NEW_YORK = "Europe/Zurich", "Pacific/Apia", "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def done(
    rule: str,
    due: str,
    now: str,
    *,
    number: int = 1,
    zone: str = "UTC",
    taken: tuple[str, ...] = (),
) -> str | None:
    found = next_from_completion(
        Rule.parse(rule),
        slot=slot(due),
        at=at(now),
        zone=zone,
        number=number,
        taken=[slot(one) for one in taken],
    )
    return written([found])[0] if found else None


@pytest.mark.parametrize(
    ("rule", "due", "now", "expected"),
    [
        ("FREQ=DAILY", "2026-11-20", "2026-11-20T12:00", "2026-11-21"),
        ("FREQ=DAILY;INTERVAL=3", "2026-11-20", "2026-11-25T12:00", "2026-11-28"),
        ("FREQ=DAILY;INTERVAL=3", "2026-11-20", "2026-11-18T12:00", "2026-11-21"),
        ("FREQ=DAILY;INTERVAL=3", "2026-11-20 09:00", "2026-11-25T20:00", "2026-11-28 09:00"),
        ("FREQ=DAILY", "2026-11-20 09:00", "2026-11-25T05:00", "2026-11-26 09:00"),
        ("FREQ=DAILY;BYHOUR=8,18", "2026-11-20 08:00", "2026-11-20T09:00", "2026-11-21 08:00"),
        ("FREQ=WEEKLY", "2026-11-20", "2026-11-25T12:00", "2026-12-02"),
        ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-11-20", "2026-11-25T12:00", "2026-11-27"),
        ("FREQ=MONTHLY", "2026-11-20", "2026-12-31T12:00", "2027-01-31"),
        ("FREQ=MONTHLY", "2026-11-20", "2027-01-30T12:00", "2027-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-11-15", "2026-12-03T12:00", "2026-12-15"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-11-15", "2026-12-15T12:00", "2027-01-15"),
        ("FREQ=YEARLY", "2027-02-28", "2028-02-29T12:00", "2029-02-28"),
        ("FREQ=HOURLY;INTERVAL=3", "2026-11-20 09:00", "2026-11-20T14:20:37", "2026-11-20 17:20"),
        ("FREQ=HOURLY;BYMINUTE=0", "2026-11-20 09:00", "2026-11-20T14:20:37", "2026-11-20 15:00"),
        ("FREQ=MINUTELY;INTERVAL=45", "2026-11-20 09:00", "2026-11-20T23:30", "2026-11-21 00:15"),
    ],
)
def test_from_completion_the_next_is_counted_from_that_day(
    rule: str, due: str, now: str, expected: str
) -> None:
    assert done(rule, due, now) == expected


def test_the_day_of_completion_is_that_of_the_zone() -> None:
    late = "2026-11-20T23:30"
    assert done("FREQ=DAILY", "2026-11-20", late, zone=ZURICH) == "2026-11-22"
    assert done("FREQ=DAILY", "2026-11-20", late, zone=NEW_YORK) == "2026-11-21"


def test_from_completion_count_is_that_of_the_times_done() -> None:
    rule = "FREQ=DAILY;COUNT=3"
    assert done(rule, "2026-11-20", "2026-12-20T12:00", number=2) == "2026-12-21"
    assert done(rule, "2026-11-20", "2026-11-20T12:00", number=3) is None


def test_from_completion_until_ends_it() -> None:
    rule = "FREQ=WEEKLY;UNTIL=20261130"
    assert done(rule, "2026-11-20", "2026-11-23T12:00") == "2026-11-30"
    assert done(rule, "2026-11-20", "2026-11-24T12:00") is None


def test_from_completion_in_the_second_of_two_hours_the_next_is_later() -> None:
    # completed at 02:20 for the second time: 02:30 came already
    assert (
        done("FREQ=MINUTELY;INTERVAL=10", "2026-10-25 02:00", "2026-10-25T01:20", zone=ZURICH)
        == "2026-10-25 03:00"
    )


def test_no_occurrence_comes_again_when_it_was_done_early() -> None:
    assert done("FREQ=DAILY", "2026-11-21", "2026-11-20T12:00") == "2026-11-22"
    assert done("FREQ=DAILY", "2026-11-22", "2026-11-19T12:00") == "2026-11-20"
    assert done("FREQ=DAILY", "2026-11-20", "2026-11-20T12:00", taken=("2026-11-21",)) == (
        "2026-11-22"
    )


# where to begin


@pytest.mark.parametrize(
    ("rule", "on", "expected"),
    [
        ("FREQ=DAILY", "2026-11-20", "2026-11-20"),
        ("FREQ=MONTHLY", "2026-01-31", "2026-01-31"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-11-18", "2026-11-23"),
        ("FREQ=WEEKLY;BYDAY=WE", "2026-11-18", "2026-11-18"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-11-18", "2026-11-23"),
        ("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=1", "2026-11-18", "2026-12-01"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "2026-11-18", "2028-02-29"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-28", "2026-12-25"),
        ("FREQ=DAILY;BYDAY=SA;COUNT=1", "2026-11-18", "2026-11-21"),
    ],
)
def test_a_series_begins_with_the_first_day_that_matches(rule: str, on: str, expected: str) -> None:
    found = first_slot(Rule.parse(rule), on=date.fromisoformat(on), time=None, zone="UTC")
    assert written([found]) == [expected]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", "2026-11-20 09:30"),
        ("FREQ=DAILY;BYHOUR=8,18", "2026-11-20 08:30"),
        ("FREQ=DAILY;BYHOUR=8,18;BYMINUTE=0", "2026-11-20 08:00"),
        ("FREQ=WEEKLY;BYDAY=SA", "2026-11-21 09:30"),
        ("FREQ=HOURLY", "2026-11-20 09:30"),
        ("FREQ=HOURLY;BYMINUTE=0", "2026-11-20 10:00"),
        ("FREQ=MINUTELY;INTERVAL=5", "2026-11-20 09:30"),
    ],
)
def test_a_series_begins_at_its_time(rule: str, expected: str) -> None:
    found = first_slot(Rule.parse(rule), on=date(2026, 11, 20), time=time(9, 30, 0, 7), zone="UTC")
    assert written([found]) == [expected]


def test_a_series_begins_with_what_is_not_missed() -> None:
    def begin(now: str, at_time: time | None) -> str:
        found = first_slot(
            Rule.parse("FREQ=DAILY"), on=date(2026, 11, 20), time=at_time, zone=ZURICH, at=at(now)
        )
        return written([found])[0]

    assert begin("2026-11-20T07:00", time(9)) == "2026-11-20 09:00"
    assert begin("2026-11-20T08:00", time(9)) == "2026-11-21 09:00"
    assert begin("2026-11-20T22:30", None) == "2026-11-20"


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;UNTIL=20261119", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261122", "FREQ=HOURLY"]
)
def test_a_series_that_cannot_begin_is_refused(rule: str) -> None:
    with pytest.raises(InvalidRecurrenceError, match=r"ends before|all-day task"):
        first_slot(Rule.parse(rule), on=date(2026, 11, 20), time=None, zone="UTC")


# the list of what comes


def follow(rule: str, current: str, anchor: str, **more: object) -> list[str]:
    begin: Slot = slot(current)
    values = {"start": begin, "zone": "UTC", "limit": 4, "anchor": anchor} | more
    return written(upcoming(Rule.parse(rule), current=begin, **values))  # type: ignore[arg-type]


def test_the_list_begins_with_the_current_one() -> None:
    assert follow("FREQ=DAILY;COUNT=3", "2026-11-20", "schedule") == [
        "2026-11-20",
        "2026-11-21",
        "2026-11-22",
    ]
    assert follow("FREQ=DAILY", "2026-11-20", "schedule", limit=1) == ["2026-11-20"]
    # one that was moved off its series stays itself
    assert follow("FREQ=WEEKLY", "2026-11-22", "schedule", start=date(2026, 11, 2)) == [
        "2026-11-22",
        "2026-11-23",
        "2026-11-30",
        "2026-12-07",
    ]


def test_the_list_leaves_out_what_will_be_missed() -> None:
    now = at("2026-12-01T12:00")
    for anchor in ("schedule", "completion"):
        assert follow("FREQ=DAILY", "2026-11-20 09:00", anchor, at=now) == [
            "2026-11-20 09:00",
            "2026-12-02 09:00",
            "2026-12-03 09:00",
            "2026-12-04 09:00",
        ]


def test_the_list_from_completion_takes_each_as_done_on_its_day() -> None:
    assert follow("FREQ=MONTHLY", "2026-01-31", "completion") == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-28",
        "2026-04-28",
    ]
    assert follow("FREQ=HOURLY;INTERVAL=5", "2026-11-20 09:00", "completion", limit=3) == [
        "2026-11-20 09:00",
        "2026-11-20 14:00",
        "2026-11-20 19:00",
    ]
    assert follow("FREQ=DAILY;COUNT=3", "2026-11-20", "completion", number=2) == [
        "2026-11-20",
        "2026-11-21",
    ]


def test_the_list_is_what_completing_gives() -> None:
    rule, start = Rule.parse("FREQ=DAILY;INTERVAL=2"), date(2026, 11, 20)
    listed = upcoming(rule, start=start, current=start, zone=APIA, anchor="completion", limit=40)
    for number, (one, following) in enumerate(pairwise(listed), 1):
        noon = instant_of(datetime.combine(one, time(12)), APIA)
        assert following == next_from_completion(rule, slot=one, at=noon, zone=APIA, number=number)
        assert following - one == timedelta(days=2)
