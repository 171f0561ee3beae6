"""Slots, their names, and their instants."""

# ruff: noqa: DTZ001 (slots are naive)

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.recurrence.zones import ZONES, changes, every_change
from taskbell.recurrence.slots import Slot, instant_of, key_of, slot_from_key, slot_of, today

ZURICH = "Europe/Zurich"
SLOTS: st.SearchStrategy[Slot] = st.dates() | st.datetimes().map(lambda x: x.replace(microsecond=0))


@given(SLOTS)
def test_a_key_leads_back_to_its_slot(slot: Slot) -> None:
    assert slot_from_key(key_of(slot)) == slot
    assert type(slot_from_key(key_of(slot))) is type(slot)


@given(st.lists(SLOTS, min_size=2))
def test_keys_of_a_kind_sort_as_their_slots_do(slots: list[Slot]) -> None:
    for kind in (date, datetime):
        some = [slot for slot in slots if type(slot) is kind]
        assert sorted(map(key_of, some)) == [key_of(slot) for slot in sorted(some)]


def test_keys_are_plain_iso() -> None:
    assert key_of(date(2026, 11, 20)) == "2026-11-20"
    assert key_of(datetime(2026, 11, 20, 9)) == "2026-11-20T09:00:00"


@pytest.mark.parametrize(
    "moment", [datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 9, 0, 0, 1)]
)
def test_an_instant_or_a_part_of_a_second_has_no_key(moment: datetime) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        key_of(moment)


@pytest.mark.parametrize(
    "key",
    [
        "", "2026-11-31", "2026-1-1", "20261120", "2026-11-20T09:00", "2026-11-20 09:00:00",
        "2026-11-20T09:00:00Z", "2026-11-20T09:00:00.5", "2026-11-20T24:00:01", "٢٠٢٦-11-20",
        "2026-W01-1", "2026-11-20\n", "today",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whoever asks says it in words)
        slot_from_key(key)


def test_a_time_in_the_gap_moves_forward_by_its_length() -> None:
    assert instant_of(datetime(2026, 3, 29, 2, 30), ZURICH) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    # half an hour on Lord Howe, a whole day in Samoa
    assert slot_of(
        instant_of(datetime(2026, 10, 4, 2, 10), "Australia/Lord_Howe"), "Australia/Lord_Howe"
    ) == datetime(2026, 10, 4, 2, 40)
    assert slot_of(
        instant_of(datetime(2011, 12, 30, 9), "Pacific/Apia"), "Pacific/Apia"
    ) == datetime(2011, 12, 31, 9)


def test_a_doubled_time_is_the_first_one() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant_of(datetime(2026, 10, 25, 2, 30), ZURICH) == first
    assert instant_of(datetime(2026, 10, 25, 2, 30, fold=1), ZURICH) == first


def test_the_wall_time_of_an_instant_forgets_which_of_two_it_is_and_parts_of_seconds() -> None:
    second = slot_of(datetime(2026, 10, 25, 1, 30, 5, 999_999, tzinfo=UTC), ZURICH)
    assert second == datetime(2026, 10, 25, 2, 30, 5)
    assert (second.fold, second.tzinfo) == (0, None)


def test_today_is_that_of_the_zone() -> None:
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert today(at, "Pacific/Auckland") == date(2027, 1, 1)
    assert today(at, "America/Los_Angeles") == date(2026, 12, 31)
    assert today(at.astimezone(timezone(timedelta(hours=5))), "UTC") == date(2026, 12, 31)


def test_wall_times_come_back_except_those_left_out() -> None:
    for zone, change in every_change():
        for minutes in range(-180, 181, 15):
            slot = change.wall + timedelta(minutes=minutes)
            left_out = change.wall <= slot < change.later
            expected = slot + change.jump if left_out else slot
            assert slot_of(instant_of(slot, zone), zone) == expected, (zone, slot)


def test_no_zone_changes_twice_within_the_day_that_a_search_goes_back() -> None:
    for zone in ZONES:
        for one, other in pairwise(changes(zone)):
            assert other.instant - one.instant > timedelta(days=2), zone
