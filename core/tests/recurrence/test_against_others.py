"""The engine beside dateutil's own walk, and beside the rules of RFC 5545 done by hand."""

from datetime import datetime
from itertools import islice, takewhile
from typing import Any

from dateutil.rrule import rrulestr
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core.tests.recurrence.made import rules
from core.tests.recurrence.plain import plainly
from core.tests.recurrence.series import slot
from taskbell.recurrence.expansion import matching
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import upcoming
from taskbell.recurrence.slots import Slot

STARTS = st.datetimes(
    datetime.fromisoformat("2023-01-01"), datetime.fromisoformat("2030-12-31")
).map(lambda moment: moment.replace(second=0, microsecond=0))


def dateutil_agrees(rule: Rule, start: datetime) -> bool:
    """Whether dateutil means the same by a rule; where it does not, it is for one of these.

    Short months, and BYSETPOS in the week it starts in (it takes half of that), are ours on
    purpose. A weekday and a counted one together (both must hold, so none does) and BYWEEKNO in the
    first days of January are mistakes of it; a week without weekday is all its days there.
    """
    mixed = len({bool(ordinal) for ordinal, _ in rule.week_days}) > 1
    half_a_week = rule.frequency == "WEEKLY" and rule.positions
    return not (rule.skip or start.day > 28 or mixed or half_a_week or rule.week_numbers)


@given(rules(ends=False), STARTS)
@settings(max_examples=200, deadline=None)
def test_it_agrees_with_dateutil_on_wall_time(text: str, start: datetime) -> None:
    rule = Rule.parse(text)
    assume(dateutil_agrees(rule, start))
    ours = list(islice(matching(rule, start, since=start), 12))
    assume(ours)  # dateutil would look for one until the year 9999
    theirs: Any = rrulestr(rule.text, dtstart=start)
    assert ours == list(islice(theirs, len(ours)))


@given(rules(ends=False), STARTS, st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_it_counts_as_dateutil_does_from_a_start_that_matches(
    text: str, start: datetime, count: int
) -> None:
    assume(dateutil_agrees(Rule.parse(text), start))
    start_ = next(matching(Rule.parse(text), start, since=start), None)
    assume(isinstance(start_, datetime))
    assert isinstance(start_, datetime)
    rule = Rule.parse(f"{text};COUNT={count}")
    assume(dateutil_agrees(rule, start_))
    ours = upcoming(
        rule, start=start_, current=start_, zone="UTC", anchor="schedule", limit=count + 1
    )
    theirs: Any = rrulestr(rule.text, dtstart=start_)
    assert ours == list(islice(theirs, len(ours)))
    assert len(ours) == count or ours[-1].year > 2150


@given(rules(ends=False), STARTS)
@settings(max_examples=150, deadline=None)
@example("FREQ=MONTHLY;BYDAY=MO,-1FR", slot("2026-01-26 09:00"))
@example("FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA,SU", slot("2010-12-26 09:00"))
@example("FREQ=YEARLY;BYWEEKNO=-1;WKST=SU;BYDAY=MO,SA", slot("2026-01-01 09:00"))
@example("FREQ=YEARLY;BYWEEKNO=1;INTERVAL=2;WKST=TH", slot("2024-12-30 09:00"))
@example("FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=FR;BYSETPOS=-1", slot("2024-12-30 09:00"))
@example("FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=1;WKST=WE", slot("2024-11-10 09:00"))
@example("FREQ=MONTHLY;INTERVAL=3;SKIP=FORWARD;BYMONTHDAY=-1,29,30,31", slot("2024-11-30 09:00"))
@example("FREQ=YEARLY;BYMONTH=1,2,4;SKIP=FORWARD;BYSETPOS=2,-1", slot("2024-01-31 09:00"))
@example("FREQ=MINUTELY;INTERVAL=25;BYHOUR=7;BYMINUTE=0,5,10", slot("2024-01-31 07:05"))
@example("FREQ=HOURLY;INTERVAL=7;BYDAY=MO;BYMINUTE=10,20;BYSETPOS=-1", slot("2024-01-31 07:05"))
def test_it_does_what_the_rfc_says_step_by_step(text: str, start: datetime) -> None:
    rule = Rule.parse(text)
    days = {"YEARLY": 1800, "MONTHLY": 1200, "WEEKLY": 900, "DAILY": 900, "HOURLY": 90}.get(
        rule.frequency, 9
    )
    expected = plainly(rule, start, days=days)
    end = datetime.fromordinal(start.toordinal() + days)
    assert list(takewhile(lambda one: one < end, matching(rule, start, since=start))) == expected


@given(rules(timed=False, ends=False), STARTS)
@settings(max_examples=100, deadline=None)
def test_dates_are_those_of_times(text: str, start: datetime) -> None:
    rule = Rule.parse(text)
    dates: list[Slot] = list(islice(matching(rule, start.date(), since=start.date()), 12))
    times = islice(matching(rule, start, since=start), 12)
    assert dates == [datetime.date(one) for one in times if isinstance(one, datetime)]


@given(rules(ends=False), STARTS, st.integers(0, 2000))
@settings(max_examples=100, deadline=None)
def test_where_a_walk_begins_makes_no_difference(text: str, start: datetime, days: int) -> None:
    rule = Rule.parse(text)
    if rule.within_day:
        days %= 20
    since = datetime.fromordinal(start.toordinal() + days).replace(hour=days % 24, minute=30)
    assume(since >= start)
    walked = (one for one in matching(rule, start, since=start) if one >= since)
    assert list(islice(matching(rule, start, since=since), 8)) == list(islice(walked, 8))
