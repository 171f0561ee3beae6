"""What people complain of in other products, each under its name."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from core.tests.recurrence.series import first, one_by_one, slot
from core.tests.recurrence.zones import ZONES
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import next_from_completion, next_slot
from taskbell.recurrence.slots import instant_of, key_of, slot_from_key, slot_of


def test_the_31st_of_january_plus_a_month_is_not_the_3rd_of_march() -> None:
    assert first(5, "FREQ=MONTHLY", "2026-01-31") == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",  # nor does it stay on the 28th
        "2026-04-30",
        "2026-05-31",
    ]
    assert first(2, "FREQ=MONTHLY", "2028-01-31 09:00")[1] == "2028-02-29 09:00"
    done = next_from_completion(
        Rule.parse("FREQ=MONTHLY"),
        slot=date(2026, 1, 20),
        at=datetime(2026, 1, 31, 12, tzinfo=UTC),
        zone="UTC",
        number=1,
    )
    assert done == date(2026, 2, 28)


def test_the_29th_of_february_comes_every_year_and_returns_to_the_29th() -> None:
    assert first(5, "FREQ=YEARLY", "2024-02-29")[1:] == [
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Zurich"])
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_all_day_dates_never_drift_by_a_day(zone: str, hour: int) -> None:
    rule, start = Rule.parse("FREQ=WEEKLY"), date(2026, 1, 5)
    current = start
    for week in range(1, 150):
        # done at some hour of its day, and kept as its key in between
        at = instant_of(datetime.combine(current, datetime.min.time()), zone)
        following = next_slot(
            rule, start=start, after=current, zone=zone, at=at + timedelta(hours=hour)
        )
        assert following == start + timedelta(weeks=week)
        kept = slot_from_key(key_of(following))
        assert kept == following
        assert type(kept) is date
        current = following


@pytest.mark.parametrize("zone", ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY"])
def test_nine_o_clock_stays_nine_o_clock_when_clocks_change(zone: str, rule: str) -> None:
    start = slot("2026-01-05 09:00")
    for one in one_by_one(Rule.parse(rule), start, 60, zone):
        assert isinstance(one, datetime)
        assert (one.hour, one.minute) == (9, 0)
        assert slot_of(instant_of(one, zone), zone) == one


def test_no_time_is_added_in_seconds() -> None:
    days = first(4, "FREQ=DAILY", "2026-03-28 09:00", "Europe/Zurich")
    hours = [
        (instant_of(later, "Europe/Zurich") - instant_of(sooner, "Europe/Zurich"))
        for sooner, later in pairwise(map(moment, days))
    ]
    assert hours == [timedelta(hours=23), timedelta(hours=24), timedelta(hours=24)]


def test_a_task_left_for_weeks_comes_once_and_not_for_each_day_missed() -> None:
    following = next_slot(
        Rule.parse("FREQ=DAILY"),
        start=slot("2026-01-01 09:00"),
        after=slot("2026-01-01 09:00"),
        zone="UTC",
        at=datetime(2026, 2, 11, 10, tzinfo=UTC),
    )
    assert following == slot("2026-02-12 09:00")


def test_what_is_done_late_does_not_move_the_schedule() -> None:
    rule, start = Rule.parse("FREQ=WEEKLY;BYDAY=MO"), date(2026, 11, 2)
    following = next_slot(
        rule, start=start, after=start, zone="UTC", at=datetime(2026, 11, 4, 12, tzinfo=UTC)
    )
    assert following == date(2026, 11, 9)


def test_what_is_done_early_is_not_due_again_on_its_day() -> None:
    for anchor_slot in (date(2026, 11, 21), slot("2026-11-21 09:00")):
        following = next_from_completion(
            Rule.parse("FREQ=DAILY"),
            slot=anchor_slot,
            at=datetime(2026, 11, 20, 8, tzinfo=UTC),
            zone="UTC",
            number=1,
        )
        assert following == anchor_slot + timedelta(days=1)


def test_moving_to_another_zone_keeps_the_key_of_an_occurrence() -> None:
    keys = {
        tuple(
            key_of(one) for one in one_by_one(Rule.parse("FREQ=DAILY"), date(2026, 3, 1), 60, zone)
        )
        for zone in ZONES[::20]
    }
    assert len(keys) == 1


def moment(text: str) -> datetime:
    found = slot(text)
    assert isinstance(found, datetime)
    return found
