"""Whatever a user sends is answered or refused with bounded work, counted in calls, not in time.

A hundred thousand calls take some 20 ms; a year of days, seen for the first time, is 2,700.
"""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tests.recurrence.made import FREQUENCIES
from core.tests.recurrence.series import slot
from taskbell.recurrence import days, parsing, series
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import WEEKDAYS, Rule, check
from taskbell.recurrence.series import first_slot, next_from_completion, next_slot, upcoming

MOST_CALLS = 250_000
USUAL_CALLS = 8_000
LATE = datetime(2199, 6, 1, tzinfo=UTC)


def calls(work: Callable[[], object]) -> int:
    """How many functions, generators and built-ins are called, with nothing remembered."""
    for cached in (days._chosen, series._last, parsing.parse):
        cached.cache_clear()
    made = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    except InvalidRecurrenceError:
        pass
    finally:
        sys.setprofile(before)
    return made


def all_questions(text: str, start: str, after: str | None = None) -> dict[str, int]:
    """The work of everything that can be asked about a rule."""
    begin = slot(start)
    later = slot(after) if after else begin
    at = time(9) if isinstance(begin, datetime) else None

    def rule() -> Rule:
        return Rule.parse(text)

    return {
        "parse": calls(rule),
        "check": calls(lambda: check(rule(), begin)),
        "next": calls(lambda: next_slot(rule(), start=begin, after=later, zone="Asia/Gaza")),
        "next at": calls(
            lambda: next_slot(rule(), start=begin, after=begin, zone="Asia/Gaza", at=LATE)
        ),
        "completion": calls(
            lambda: next_from_completion(
                rule(), slot=later, at=LATE.replace(year=2026), zone="Asia/Gaza", number=1
            )
        ),
        "first": calls(
            lambda: first_slot(rule(), on=date(2026, 1, 1), time=at, zone="Asia/Gaza", at=LATE)
        ),
        "upcoming": calls(
            lambda: upcoming(
                rule(), start=begin, current=later, zone="Asia/Gaza", anchor="schedule", limit=10
            )
        ),
    }


HOURS = ",".join(map(str, range(24)))
MINUTES = ",".join(map(str, range(60)))
SPARSE_AND_DENSE = [
    ("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01 00:00", None),
    ("FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29", "1970-01-01 00:00", "2196-03-01 00:00"),
    ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=1", "2026-01-01", None),
    ("FREQ=YEARLY;BYMONTH=1;BYWEEKNO=53", "2026-01-05", None),
    ("FREQ=MINUTELY", "1970-01-01 00:00", "2199-06-01 00:00"),
    ("FREQ=MINUTELY;COUNT=5000", "1970-01-01 00:00", "2199-06-01 00:00"),
    ("FREQ=MINUTELY;UNTIL=19700102", "1970-01-01 00:00", "2199-06-01 00:00"),
    ("FREQ=DAILY", "1970-01-01", "2199-06-01"),
    ("FREQ=DAILY;COUNT=5000", "2026-01-01 09:00", None),
    ("FREQ=MINUTELY;INTERVAL=999999", "1970-01-01 00:00", "2199-06-01 00:00"),
    ("FREQ=MINUTELY;INTERVAL=999983;BYDAY=MO;BYHOUR=3;BYMINUTE=7", "1970-01-01 00:00", None),
    ("FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1", "2026-01-01 00:00", None),
    ("FREQ=MINUTELY;INTERVAL=7;BYDAY=MO;BYHOUR=2;BYMINUTE=1", "2026-01-06 09:00", None),
    ("FREQ=MINUTELY;INTERVAL=49;BYDAY=MO;BYHOUR=2;BYMINUTE=1", "2026-01-06 09:00", None),
    ("FREQ=MINUTELY;BYMINUTE=0;BYSETPOS=2", "2026-01-01 00:00", None),
    ("FREQ=HOURLY;INTERVAL=999999", "1970-01-01 00:00", None),
    ("FREQ=HOURLY;BYMINUTE=1,2,3;BYSETPOS=-4,3", "2026-01-01 00:00", None),
    ("FREQ=HOURLY;BYMINUTE=1,2,3;BYSETPOS=4", "2026-01-01 00:00", None),
    ("FREQ=DAILY;INTERVAL=999999", "1970-01-01", None),
    ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-01-05", None),
    ("FREQ=WEEKLY;INTERVAL=999999", "2026-01-05", None),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=8", "2026-01-05", None),
    ("FREQ=WEEKLY;INTERVAL=53;BYMONTH=1;BYDAY=MO,TU;BYSETPOS=2", "2026-02-05", None),
    ("FREQ=MONTHLY;INTERVAL=999999", "2026-01-05", None),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "2026-01-05", None),
    ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=-366,366", "2026-01-05", None),
    ("FREQ=YEARLY;INTERVAL=999999", "2026-01-05", None),
    ("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366", "2026-01-05", "2196-12-31"),
    (
        f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={HOURS};BYMINUTE={MINUTES};BYSETPOS=-366",
        "1970-01-01 00:00",
        "2199-06-01 00:00",
    ),
    (
        f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={HOURS};BYMINUTE={MINUTES};COUNT=5000",
        "1970-01-01 00:00",
        "2199-06-01 00:00",
    ),
    ("FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO;BYWEEKNO=1", "1970-01-01", None),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=5000", "1970-01-01", None),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "2025-01-01", None),
]


@pytest.mark.parametrize(("rule", "start", "after"), SPARSE_AND_DENSE)
def test_the_sparsest_and_densest_rules_take_bounded_work(
    rule: str, start: str, after: str | None
) -> None:
    work = all_questions(rule, start, after)
    assert max(work.values()) < MOST_CALLS, work


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=-1FR",
     "FREQ=YEARLY", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=3;UNTIL=21001231"],
)  # fmt: skip
def test_ten_years_of_a_usual_rule_are_not_walked_through(rule: str) -> None:
    work = all_questions(rule, "2016-01-04 09:00", "2026-01-04 09:00")
    assert max(work.values()) < USUAL_CALLS, work


@st.composite
def hard_rules(draw: st.DrawFn) -> str:
    """Unlike `made.rules`: high intervals, many values, and nothing sorted out beforehand."""
    frequency = draw(st.sampled_from(FREQUENCIES))
    interval = draw(st.sampled_from([1, 2, 7, 24, 49, 60, 365, 1439, 1440, 10_080, 999_983]))
    many = draw(st.booleans())

    def some(low: int, high: int) -> str:
        values = st.integers(low, high)
        size = 20 if many else 2
        return ",".join(map(str, draw(st.lists(values, min_size=1, max_size=size, unique=True))))

    parts = {
        "BYMONTH": (1, 12),
        "BYMONTHDAY": (28, 31),
        "BYHOUR": (0, 23),
        "BYMINUTE": (0, 59),
        "BYSETPOS": (1, 366),
        "BYYEARDAY": (1, 366),
        "BYWEEKNO": (1, 53),
        "COUNT": (4990, 5000),
    }
    names = draw(st.lists(st.sampled_from(sorted(parts)), unique=True, max_size=4))
    text = [f"FREQ={frequency};INTERVAL={interval}"]
    text += [
        f"{name}={draw(st.integers(4990, 5000)) if name == 'COUNT' else some(*parts[name])}"
        for name in names
    ]
    if draw(st.booleans()):
        text.append(f"BYDAY={draw(st.sampled_from(WEEKDAYS))}")
    return ";".join(text)


@given(hard_rules(), st.sampled_from(["1970-01-01 00:00", "2026-01-06 09:00", "2199-12-30 09:00"]))
@settings(max_examples=60, deadline=None)
def test_no_rule_takes_unbounded_work(rule: str, start: str) -> None:
    work = all_questions(rule, start)
    assert max(work.values()) < MOST_CALLS, (rule, work)


def test_what_is_remembered_is_bounded() -> None:
    for cached in (days._chosen, series._last, parsing.parse):
        assert cached.cache_info().maxsize == 1024
