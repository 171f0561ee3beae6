"""From one occurrence to the next by schedule: starts, ends, what is missed."""

from datetime import UTC, datetime

import pytest

from core.tests.recurrence.series import slot, written
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import next_slot, upcoming
from taskbell.recurrence.slots import instant_of

ZURICH, APIA, NEW_YORK = "Europe/Zurich", "Pacific/Apia", "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(
    rule: str, start: str, after: str, *, zone: str = "UTC", now: str | None = None
) -> str | None:
    found = next_slot(
        Rule.parse(rule),
        start=slot(start),
        after=slot(after),
        zone=zone,
        at=at(now) if now else None,
    )
    return written([found])[0] if found else None


# the start


def test_before_its_start_a_series_begins_with_it() -> None:
    assert after("FREQ=WEEKLY;BYDAY=MO", "2026-11-18", "2026-01-01") == "2026-11-18"


def test_a_start_that_does_not_match_comes_once_and_counts() -> None:
    rule = "FREQ=MONTHLY;BYMONTHDAY=1;COUNT=2"
    assert after(rule, "2026-11-18", "2026-11-18") == "2026-12-01"
    assert after(rule, "2026-11-18", "2026-12-01") is None


def test_after_what_is_no_slot_comes_the_next_slot() -> None:
    assert after("FREQ=WEEKLY", "2026-11-02", "2026-11-11") == "2026-11-16"
    assert after("FREQ=HOURLY;INTERVAL=6", "2026-11-02 09:00", "2026-11-11 10:17") == (
        "2026-11-11 15:00"
    )


def test_what_moved_into_the_next_month_is_found_from_there() -> None:
    rule = "FREQ=MONTHLY;SKIP=FORWARD"
    assert after(rule, "2026-01-31 09:00", "2026-03-01 08:00") == "2026-03-01 09:00"


def test_seconds_of_the_start_are_kept_unless_the_rule_says_0() -> None:
    start = datetime.fromisoformat("2026-11-02T09:00:30")
    for rule, second in (("FREQ=DAILY", 30), ("FREQ=DAILY;BYSECOND=0", 0)):
        following = next_slot(Rule.parse(rule), start=start, after=start, zone="UTC")
        assert following == datetime.fromisoformat("2026-11-03T09:00").replace(second=second)


def test_dates_and_times_are_not_mixed() -> None:
    with pytest.raises(TypeError, match="both"):
        after("FREQ=DAILY", "2026-11-02", "2026-11-02 09:00")


# the end


@pytest.mark.parametrize(
    ("zone", "last"),
    [("UTC", "2026-12-31 09:00"), (NEW_YORK, "2026-12-30 09:00"), (ZURICH, "2026-12-31 09:00")],
)
def test_until_in_utc_is_an_instant(zone: str, last: str) -> None:
    # 10:00 in Zurich, 04:00 in New York
    rule = "FREQ=DAILY;UNTIL=20261231T090000Z"
    assert after(rule, "2026-12-01 09:00", "2026-12-29 09:00", zone=zone) == "2026-12-30 09:00"
    assert after(rule, "2026-12-01 09:00", last, zone=zone) is None


@pytest.mark.parametrize(
    ("zone", "comes"), [("UTC", True), (NEW_YORK, False), ("Asia/Tokyo", True)]
)
def test_until_in_utc_is_a_day_of_the_zone_for_dates(zone: str, comes: bool) -> None:
    following = after("FREQ=DAILY;UNTIL=20261231T000000Z", "2026-12-01", "2026-12-30", zone=zone)
    assert following == ("2026-12-31" if comes else None)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("start", ["2026-12-01", "2026-12-01 09:00"])
def test_until_may_be_at_either_end_of_time(zone: str, start: str) -> None:
    for until in ("99991231", "99991231T235959", "99991231T235959Z"):
        assert after(f"FREQ=DAILY;UNTIL={until}", start, start, zone=zone) is not None
    for until in ("00010101", "00010101T000000", "00010101T000000Z"):
        assert after(f"FREQ=DAILY;UNTIL={until}", start, start, zone=zone) is None


def test_until_as_a_date_or_local_time_is_the_same_in_every_zone() -> None:
    for zone in (ZURICH, NEW_YORK, APIA):
        for until in ("20261231", "20261231T090000"):
            rule = f"FREQ=DAILY;UNTIL={until}"
            assert after(rule, "2026-12-01 09:00", "2026-12-30 09:00", zone=zone) is not None
            assert after(rule, "2026-12-01 09:00", "2026-12-31 09:00", zone=zone) is None


def test_count_goes_by_the_series_and_not_by_what_was_done() -> None:
    rule = "FREQ=DAILY;COUNT=5"
    assert after(rule, "2026-11-01", "2026-11-01", now="2026-11-04T12:00") == "2026-11-04"
    assert after(rule, "2026-11-01", "2026-11-01", now="2026-11-06T12:00") is None
    assert after(rule, "2026-11-01", "2026-11-05") is None


def test_a_count_beyond_the_year_2200_ends_there() -> None:
    assert after("FREQ=YEARLY;COUNT=5000", "2026-11-01", "2198-11-01") == "2199-11-01"
    assert after("FREQ=YEARLY;COUNT=5000", "2026-11-01", "2199-11-01") is None


# what is missed


def test_a_time_is_missed_when_it_has_come() -> None:
    daily = ("FREQ=DAILY", "2026-11-01 09:00", "2026-11-01 09:00")
    assert after(*daily, now="2026-11-03T08:59:59") == "2026-11-03 09:00"
    assert after(*daily, now="2026-11-03T09:00") == "2026-11-04 09:00"
    # 08:00 UTC is 09:00 in Zurich
    assert after(*daily, now="2026-11-03T08:00", zone=ZURICH) == "2026-11-04 09:00"


def test_today_is_not_missed_until_it_is_over_where_the_task_is() -> None:
    daily = ("FREQ=DAILY", "2026-11-01", "2026-11-01")
    assert after(*daily, now="2026-11-03T23:59:59") == "2026-11-03"
    assert after(*daily, now="2026-11-04T00:00") == "2026-11-04"
    assert after(*daily, now="2026-11-03T23:30", zone=ZURICH) == "2026-11-04"
    assert after(*daily, now="2026-11-04T04:30", zone=NEW_YORK) == "2026-11-03"


def test_what_is_done_before_it_is_due_goes_on_from_its_slot() -> None:
    assert after("FREQ=DAILY", "2026-11-10", "2026-11-10", now="2026-11-01T12:00") == "2026-11-11"


def test_in_the_doubled_hour_what_came_in_the_first_is_missed_in_the_second() -> None:
    # 02:30 comes twice on 25 October; 02:10 of the second time is 01:10 UTC
    quarter = ("FREQ=MINUTELY;INTERVAL=15", "2026-10-25 01:00", "2026-10-25 02:15")
    assert after(*quarter, now="2026-10-25T00:16", zone=ZURICH) == "2026-10-25 02:30"
    assert after(*quarter, now="2026-10-25T01:10", zone=ZURICH) == "2026-10-25 03:00"


def test_a_time_in_the_gap_is_not_missed_until_the_moment_it_moved_to() -> None:
    daily = ("FREQ=DAILY", "2026-03-27 02:30", "2026-03-28 02:30")
    # 02:30 does not exist on 29 March and is due at 03:30, 01:30 UTC
    assert after(*daily, now="2026-03-29T01:10", zone=ZURICH) == "2026-03-29 02:30"
    assert after(*daily, now="2026-03-29T01:30", zone=ZURICH) == "2026-03-30 02:30"
    assert after("FREQ=DAILY", "2011-12-01 09:00", "2011-12-01 09:00", zone=APIA,
                 now="2011-12-30T18:30") == "2011-12-31 09:00"  # fmt: skip


def test_a_time_in_the_gap_may_be_the_last_one_of_all() -> None:
    assert after("FREQ=YEARLY", "2198-03-31 02:30", "2198-03-31 02:30", zone=ZURICH) == (
        "2199-03-31 02:30"
    )


def test_an_hour_that_is_left_out_is_not_due_twice() -> None:
    hours = upcoming(
        Rule.parse("FREQ=HOURLY"),
        start=slot("2026-03-29 01:00"),
        current=slot("2026-03-29 01:00"),
        zone=ZURICH,
        anchor="schedule",
        limit=3,
    )
    assert written(hours) == ["2026-03-29 01:00", "2026-03-29 03:00", "2026-03-29 04:00"]


def test_a_moved_time_stays_where_nothing_else_comes_meanwhile() -> None:
    rule = "FREQ=DAILY;BYHOUR=2,4"
    assert after(rule, "2026-03-28 04:00", "2026-03-28 04:00", zone=ZURICH) == "2026-03-29 02:00"
    rule = "FREQ=DAILY;BYHOUR=2,3"
    assert after(rule, "2026-03-28 03:00", "2026-03-28 03:00", zone=ZURICH) == "2026-03-29 03:00"


def test_a_day_that_samoa_left_out_is_not_due_on_top_of_the_next() -> None:
    assert after("FREQ=DAILY", "2011-12-28 09:00", "2011-12-29 09:00", zone=APIA) == (
        "2011-12-31 09:00"
    )
    # a weekly one moves by the day that was left out
    weekly = after("FREQ=WEEKLY", "2011-12-23 09:00", "2011-12-23 09:00", zone=APIA)
    assert weekly == "2011-12-30 09:00"
    assert instant_of(datetime.fromisoformat(weekly), APIA) == at("2011-12-30T19:00")
    # a date stays a date
    assert after("FREQ=DAILY", "2011-12-28", "2011-12-29", zone=APIA) == "2011-12-30"
    assert (
        after("FREQ=DAILY", "2011-12-28", "2011-12-29", zone=APIA, now="2011-12-30T12:00")
        == "2011-12-31"
    )
