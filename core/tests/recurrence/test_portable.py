"""The RRULE for other calendars says the same to a library that knows RFC 5545 alone."""

from datetime import datetime
from itertools import islice
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tests.recurrence.made import rules
from core.tests.recurrence.series import slot
from taskbell.recurrence.expansion import matching
from taskbell.recurrence.portable import portable_text
from taskbell.recurrence.rules import Rule

STARTS = st.datetimes(
    datetime.fromisoformat("2023-01-01"), datetime.fromisoformat("2030-12-31")
).map(lambda moment: moment.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("rule", "start", "portable"),
    [
        ("FREQ=MONTHLY", "2026-01-28", "FREQ=MONTHLY"),
        ("FREQ=MONTHLY", "2026-01-30", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        (
            "FREQ=MONTHLY;INTERVAL=3;COUNT=4",
            "2026-01-31",
            "FREQ=MONTHLY;INTERVAL=3;COUNT=4;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        ("FREQ=YEARLY", "2024-02-29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1"),
        (
            "FREQ=YEARLY;BYMONTH=3,6",
            "2026-03-31",
            "FREQ=MONTHLY;BYMONTH=3,6;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=3,6", "2026-03-31", None),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("FREQ=MONTHLY;SKIP=OMIT", "2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("FREQ=MONTHLY;SKIP=FORWARD", "2026-01-31", None),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "2026-01-31", None),
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=TU"),
        ("FREQ=DAILY", "2026-01-31", "FREQ=DAILY"),
    ],
)
def test_short_months_are_said_in_plain_words(rule: str, start: str, portable: str | None) -> None:
    assert portable_text(Rule.parse(rule), slot(start)) == portable


@given(rules(ends=False), STARTS, st.integers(28, 31))
@settings(max_examples=100, deadline=None)
def test_it_gives_the_same_slots(text: str, start: datetime, day: int) -> None:
    rule, start = Rule.parse(text), start.replace(month=1, day=day)
    portable = portable_text(rule, start)
    if portable is None:
        assert rule.frequency in ("MONTHLY", "YEARLY")
        return
    assert "SKIP" not in portable
    ours = list(islice(matching(rule, start, since=start), 12))
    if ours:  # one that never comes may be refused in other words
        theirs = matching(Rule.parse(portable), start, since=start)
        assert ours == list(islice(theirs, 12))


@pytest.mark.parametrize("day", range(1, 32))
@pytest.mark.parametrize("frequency", ["MONTHLY", "YEARLY", "MONTHLY;INTERVAL=5"])
def test_dateutil_reads_it_as_meant(frequency: str, day: int) -> None:
    start = datetime.fromisoformat(f"2024-01-{day:02}T09:00")
    rule = Rule.parse(f"FREQ={frequency}")
    theirs: Any = rrulestr(portable_text(rule, start) or "", dtstart=start)
    assert list(islice(theirs, 40)) == list(islice(matching(rule, start, since=start), 40))
