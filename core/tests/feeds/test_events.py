"""Which events a task becomes; repeats say what our own engine does, to others too."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.tests.feeds.made import AT, ZURICH, expanded, made_of, repeating, row, written
from core.tests.recurrence.made import rules
from core.tests.recurrence.series import slot
from taskbell.feeds.events import MOST_COUNTED, Reminding
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import Rule, check
from taskbell.recurrence.series import next_slot, upcoming
from taskbell.recurrence.slots import Slot, instant_of

DUE = datetime(2026, 11, 30, 8, tzinfo=UTC)


def instants(slots: list[Slot], zone: str = ZURICH) -> list[datetime | date]:
    return [instant_of(one, zone) if isinstance(one, datetime) else one for one in slots]


def coming(
    rule: str, start: Slot, current: Slot, *, number: int = 30, zone: str = ZURICH
) -> list[datetime | date]:
    """What the engine says will come, as completing in time has it."""
    slots = upcoming(
        Rule.parse(rule), start=start, current=current, zone=zone, anchor="schedule", limit=number,
        at=AT,
    )  # fmt: skip
    return instants(slots, zone)


# --- without repeats ------------------------------------------------------------------------------


def test_a_task_is_one_event() -> None:
    (timed,) = made_of(row(due_at=DUE))
    assert (timed.start, timed.zone, timed.rrule) == (DUE, None, None)
    (all_day,) = made_of(row(due_date=date(2026, 11, 30)))
    assert (all_day.start, all_day.zone, all_day.rrule) == (date(2026, 11, 30), None, None)
    assert made_of(row()) == []


def test_what_is_overdue_stays_where_it_was() -> None:
    past = AT - timedelta(days=400)
    assert [one.start for one in made_of(row(due_at=past))] == [past]


ALARMS = [
    Reminding(30, None, waits=True),
    Reminding(60, None, waits=False),
    Reminding(None, AT, waits=True),
    Reminding(None, AT, waits=False),
]


def test_what_is_still_to_fire_is_an_alarm() -> None:
    (event,) = made_of(row(due_at=DUE), *ALARMS)
    assert event.alarms == (timedelta(minutes=-30), AT)


def test_a_date_is_due_in_the_morning() -> None:
    (event,) = made_of(row(due_date=date(2026, 11, 30)), *ALARMS[:1])
    assert event.alarms == (timedelta(hours=8, minutes=30),)


# --- with repeats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "start", "current"),
    [
        ("FREQ=DAILY", "2026-11-22", "2026-11-22"),
        ("FREQ=DAILY", "2026-03-01 02:30", "2026-11-22 02:30"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-02 09:00", "2026-12-03 09:00"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", "2026-11-01 09:00", "2026-11-30 09:00"),
        ("FREQ=MONTHLY", "2026-10-31 09:00", "2026-11-30 09:00"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-10-30", "2026-11-27"),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-08-31 09:00", "2026-11-30 09:00"),
        ("FREQ=YEARLY", "2024-02-29", "2027-02-28"),
        ("FREQ=DAILY;BYHOUR=9,17", "2026-11-01 09:00", "2026-11-22 17:00"),
        ("FREQ=DAILY;COUNT=40", "2026-11-01 09:00", "2026-11-22 09:00"),
        ("FREQ=WEEKLY;COUNT=5", "2026-11-01", "2026-11-22"),
        ("FREQ=WEEKLY;UNTIL=99991231T235959Z", "2026-11-01", "2026-11-22"),
        ("FREQ=WEEKLY;UNTIL=20261220", "2026-11-01", "2026-11-22"),
        ("FREQ=WEEKLY;UNTIL=20261213T080000Z", "2026-11-01 09:00", "2026-11-22 09:00"),
        ("FREQ=WEEKLY;UNTIL=20261213T085959", "2026-11-01 09:00", "2026-11-22 09:00"),
        ("FREQ=WEEKLY;UNTIL=20261213", "2026-11-01 23:30", "2026-11-22 23:30"),
    ],
)
def test_a_series_goes_on_from_what_is_due_now(rule: str, start: str, current: str) -> None:
    begin, now = slot(start), slot(current)
    (event,) = made_of(repeating(rule, now), start=begin)
    assert (event.start, event.zone) == (now, ZURICH if " " in start else None)
    assert expanded(written(event), 30) == coming(rule, begin, now)


@given(
    rules(),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 20)),  # noqa: DTZ001 (wall time)
    st.booleans(),
    st.integers(0, 12),
    st.sampled_from([ZURICH, "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]),
)
@settings(max_examples=150, deadline=None)
def test_others_expand_it_to_what_comes(
    text: str, moment: datetime, all_day: bool, done: int, zone: str
) -> None:
    """Whatever the rule, wherever the series has got to, also past changes of the clocks."""
    rule = Rule.parse(text)
    # hours are single events; and dateutil mistakes weeks in January, MO,1MO together, and
    # BYSETPOS in the first week
    assume(not rule.within_day and not rule.week_numbers)
    assume(not rule.positions or rule.frequency != "WEEKLY")
    assume(len({ordinal == 0 for ordinal, _ in rule.week_days}) < 2)
    start: Slot = moment.date() if all_day else moment.replace(second=0, microsecond=0)
    try:
        check(rule, start)
    except InvalidRecurrenceError:
        assume(False)
    current = start
    for _ in range(done):
        current = next_slot(rule, start=start, after=current, zone=zone) or current
    events = made_of(repeating(text, current, zone=zone), start=start)
    wanted = coming(text, start, current, number=20, zone=zone)
    if events[-1].rrule is None:  # a rule that others cannot be told, or the last one
        assert [one.start for one in events] == wanted[:1]
    else:
        assert expanded(written(*events), 20) == wanted


def test_missed_ones_are_left_out() -> None:
    missed = slot("2026-11-10 09:00")
    current, series = made_of(repeating("FREQ=DAILY", missed))
    assert (current.start, current.rrule) == (instant_of(datetime(2026, 11, 10, 9), ZURICH), None)  # noqa: DTZ001
    assert series.start == slot("2026-11-22 09:00"), "at 11:00 in Zurich, 9:00 has passed"
    assert current.key != series.key
    assert expanded(written(current, series), 30) == coming("FREQ=DAILY", missed, missed)
    (yesterday,) = made_of(repeating("FREQ=DAILY", slot("2026-11-20")))
    assert yesterday.start == slot("2026-11-20"), "today is not missed yet"


def test_one_that_was_moved_is_an_event_of_its_own() -> None:
    task = repeating("FREQ=WEEKLY", slot("2026-11-25 09:00"), due_at=DUE)
    moved, series = made_of(task, *ALARMS)
    assert (moved.start, moved.rrule) == (DUE, None)
    assert (series.start, series.rrule) == (slot("2026-12-02 09:00"), "FREQ=WEEKLY")
    assert moved.alarms == (timedelta(minutes=-30), AT)
    assert series.alarms == (timedelta(minutes=-30), timedelta(minutes=-60))


def test_one_that_was_put_off_takes_the_place_of_others() -> None:
    task = repeating("FREQ=DAILY", slot("2026-11-25"), due_date=date(2026, 12, 1))
    moved, series = made_of(task)
    assert (moved.start, series.start) == (date(2026, 12, 1), date(2026, 12, 2))


def test_one_that_got_a_time_keeps_its_series() -> None:
    task = repeating("FREQ=DAILY", slot("2026-11-25"), due_date=None, due_at=DUE)
    moved, series = made_of(task)
    assert (moved.start, series.start) == (DUE, date(2026, 11, 26))


def test_one_on_its_slot_has_all_alarms() -> None:
    (series,) = made_of(repeating("FREQ=DAILY", slot("2026-11-25 09:00")), *ALARMS)
    assert series.alarms == (timedelta(minutes=-30), timedelta(minutes=-60), AT)


def test_seconds_do_not_make_it_moved() -> None:
    due = datetime(2026, 11, 25, 8, 0, 0, 123, tzinfo=UTC)
    (event,) = made_of(repeating("FREQ=DAILY", slot("2026-11-25 09:00"), due_at=due))
    assert event.rrule == "FREQ=DAILY"


def test_a_first_one_that_the_rule_does_not_give_stands_alone() -> None:
    """RFC 5545 leaves open what such a start means, and programs differ."""
    first = slot("2026-11-24")  # a Tuesday
    alone, series = made_of(repeating("FREQ=WEEKLY;BYDAY=FR", first))
    assert (alone.start, alone.rrule, series.start) == (first, None, slot("2026-11-27"))


@pytest.mark.parametrize(
    ("rule", "anchor"),
    [
        ("FREQ=DAILY", "completion"),
        ("FREQ=HOURLY;INTERVAL=8", "schedule"),
        ("FREQ=MINUTELY", "schedule"),
        ("FREQ=MONTHLY;SKIP=FORWARD", "schedule"),
        ("FREQ=DAILY;COUNT=1", "schedule"),
    ],
)
def test_what_others_cannot_know_is_one_event(rule: str, anchor: str) -> None:
    task = repeating(rule, slot("2026-11-30 09:00"), repeat_anchor=anchor)
    (event,) = made_of(task, start=slot("2026-10-31 09:00") if "SKIP" in rule else None)
    assert (event.start, event.rrule) == (DUE, None)


def test_the_last_one_is_alone() -> None:
    (event,) = made_of(
        repeating("FREQ=DAILY;COUNT=3", slot("2026-11-25")), start=slot("2026-11-23")
    )
    assert (event.start, event.rrule) == (date(2026, 11, 25), None)


def test_a_long_count_is_cut() -> None:
    (event,) = made_of(repeating("FREQ=DAILY;COUNT=5000", slot("2026-11-25")))
    assert event.rrule == f"FREQ=DAILY;COUNT={MOST_COUNTED}"
