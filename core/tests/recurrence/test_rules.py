"""Rules as text: what is read, how it is written, and what is refused in which words."""

# ruff: noqa: DTZ001 (slots are naive)

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.recurrence.made import rules
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import Rule, check


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("rrule:freq=daily", "FREQ=DAILY"),
        (" RRULE:FREQ=DAILY;INTERVAL=1;WKST=MO \n", "FREQ=DAILY"),
        ("INTERVAL=02;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"),
        ("BYDAY=fr,Mo,mo,WE;FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
        ("FREQ=MONTHLY;BYDAY=-1FR,+2MO,TU", "FREQ=MONTHLY;BYDAY=TU,2MO,-1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15,+1,15", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"),
        ("FREQ=WEEKLY;WKST=SU;COUNT=5", "FREQ=WEEKLY;COUNT=5;WKST=SU"),
        ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
        ("FREQ=DAILY;UNTIL=20261231T235959", "FREQ=DAILY;UNTIL=20261231T235959"),
        ("FREQ=DAILY;UNTIL=20261231t235959z", "FREQ=DAILY;UNTIL=20261231T235959Z"),
        ("FREQ=DAILY;UNTIL=09991231", "FREQ=DAILY;UNTIL=09991231"),
        ("FREQ=DAILY;BYSECOND=00;BYMINUTE=30,0;BYHOUR=18,8",
         "FREQ=DAILY;BYHOUR=8,18;BYMINUTE=0,30;BYSECOND=0"),
        ("BYSETPOS=-1;BYDAY=FR,TH;FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=TH,FR;BYSETPOS=-1"),
        ("FREQ=YEARLY;BYWEEKNO=-1,20;BYDAY=MO;BYMONTH=5,12",
         "FREQ=YEARLY;BYMONTH=5,12;BYWEEKNO=20,-1;BYDAY=MO"),
        ("SKIP=BACKWARD;FREQ=MONTHLY", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD"),
        ("RSCALE=GREGORIAN;FREQ=MONTHLY", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=OMIT"),
        ("FREQ=YEARLY;BYYEARDAY=-1,366,1", "FREQ=YEARLY;BYYEARDAY=1,366,-1"),
    ],
)  # fmt: skip
def test_a_rule_has_one_canonical_text(text: str, canonical: str) -> None:
    rule = Rule.parse(text)
    assert rule.text == canonical
    assert Rule.parse(canonical) == rule
    assert hash(Rule.parse(canonical)) == hash(rule)


@given(rules())
def test_the_text_of_a_rule_leads_back_to_it(text: str) -> None:
    rule = Rule.parse(text)
    assert Rule.parse(rule.text) == rule
    assert Rule.parse(rule.text.lower()).text == rule.text


def test_what_a_rule_says_can_be_asked() -> None:
    assert Rule.parse("FREQ=DAILY;COUNT=3").count == 3
    assert Rule.parse("FREQ=DAILY").count is None
    assert Rule.parse("FREQ=WEEKLY").frequency == "WEEKLY"
    assert Rule.parse("FREQ=DAILY;UNTIL=20261231").until == date(2026, 12, 31)
    assert Rule.parse("FREQ=DAILY;UNTIL=20261231T090000").until == datetime(2026, 12, 31, 9)
    assert Rule.parse("FREQ=DAILY;UNTIL=20261231T090000Z").until == datetime(
        2026, 12, 31, 9, tzinfo=UTC
    )


REFUSED = [
    ("", "NAME=VALUE"),
    ("every day", "NAME=VALUE"),
    ("FREQ", "NAME=VALUE"),
    ("FREQ=", "NAME=VALUE"),
    ("=DAILY", "NAME=VALUE"),
    ("FREQ=DAILY;", "NAME=VALUE"),
    ("FREQ=DAILY;;COUNT=2", "NAME=VALUE"),
    ("INTERVAL=2", "FREQ is missing"),
    ("FREQ=SECONDLY", "too often"),
    ("FREQ=FORTNIGHTLY", "FREQ must be one of YEARLY"),
    ("FREQ=DAILY,WEEKLY", "FREQ must be one of"),
    ("FREQ=DAILY;BYEASTER=0", "“BYEASTER” is not a part"),
    ("FREQ=DAILY;X-WEEKS=2", "“X-WEEKS” is not a part"),
    ("FREQ=DAILY;FREQ=WEEKLY", "FREQ is there twice"),
    ("FREQ=DAILY;COUNT=2;count=3", "COUNT is there twice"),
    ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "exclude each other"),
    ("FREQ=DAILY;COUNT=0", "COUNT: 0 is not from 1 to 5000"),
    ("FREQ=DAILY;COUNT=5001", "COUNT: 5001 is not from 1 to 5000"),
    ("FREQ=DAILY;INTERVAL=0", "INTERVAL: 0 is not from 1"),
    ("FREQ=DAILY;INTERVAL=-1", "INTERVAL: -1 is not from 1"),
    ("FREQ=DAILY;INTERVAL=1000000", "INTERVAL: “1000000” is not a whole number"),
    ("FREQ=DAILY;INTERVAL=1.5", "not a whole number"),
    ("FREQ=DAILY;INTERVAL=1_0", "not a whole number"),
    ("FREQ=DAILY;INTERVAL=٣", "not a whole number"),
    ("FREQ=DAILY;INTERVAL= 2", "not a whole number"),
    ("FREQ=YEARLY;BYMONTH=13", "BYMONTH: 13 is not from 1 to 12"),
    ("FREQ=YEARLY;BYMONTH=0", "BYMONTH: 0 is not"),
    ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH: -1 is not"),
    ("FREQ=YEARLY;BYMONTH=5L", "not a whole number"),
    ("FREQ=YEARLY;BYMONTH=1,,2", "not a whole number"),
    ("FREQ=MONTHLY;BYMONTHDAY=32", "from 1 to 31 or from -31 to -1"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY: 0"),
    ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY: 367"),
    ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO: 54"),
    ("FREQ=DAILY;BYHOUR=24", "BYHOUR: 24"),
    ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE: 60"),
    ("FREQ=DAILY;BYSECOND=30", "BYSECOND can only be 0"),
    ("FREQ=DAILY;BYSECOND=0,30", "BYSECOND can only be 0"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS: 0"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS: 367"),
    ("FREQ=MONTHLY;BYSETPOS=1", "there is none"),
    ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3,-3", "give 2 to choose from"),
    ("FREQ=DAILY;BYHOUR=8,18;BYMINUTE=0,30;BYSETPOS=5", "give 4 to choose from"),
    ("FREQ=HOURLY;BYHOUR=8,18;BYSETPOS=2", "give 1 to choose from"),
    ("FREQ=MINUTELY;BYMINUTE=8,18;BYSETPOS=2", "give 1 to choose from"),
    ("FREQ=WEEKLY;BYDAY=XX", "“XX” is not a weekday"),
    ("FREQ=WEEKLY;BYDAY=MONDAY", "“MONDAY” is not a weekday"),
    ("FREQ=WEEKLY;BYDAY=", "NAME=VALUE"),
    ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY: 0 is not from 1 to 5"),
    ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY: 6 is not from 1 to 5"),
    ("FREQ=YEARLY;BYDAY=54MO", "BYDAY: 54 is not from 1 to 53"),
    ("FREQ=YEARLY;BYMONTH=1;BYDAY=6MO", "BYDAY: 6 is not from 1 to 5"),
    ("FREQ=WEEKLY;BYDAY=1MO", "counts weekdays in a month or a year"),
    ("FREQ=DAILY;BYDAY=-1MO", "counts weekdays in a month or a year"),
    ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "without BYWEEKNO"),
    ("FREQ=WEEKLY;BYMONTHDAY=13", "BYMONTHDAY does not go with FREQ=WEEKLY"),
    ("FREQ=MONTHLY;BYYEARDAY=100", "BYYEARDAY does not go with FREQ=MONTHLY"),
    ("FREQ=WEEKLY;BYWEEKNO=20", "BYWEEKNO does not go with FREQ=WEEKLY"),
    ("FREQ=WEEKLY;WKST=1MO", "WKST must be one of MO"),
    ("FREQ=DAILY;UNTIL=2026-12-31", "UNTIL is a date such as"),
    ("FREQ=DAILY;UNTIL=20261231T0900", "UNTIL is a date such as"),
    ("FREQ=DAILY;UNTIL=20261231T090000+0100", "UNTIL is a date such as"),
    ("FREQ=DAILY;UNTIL=20260230", "UNTIL: 20260230 is not in the calendar"),
    ("FREQ=DAILY;UNTIL=20260228T250000", "is not in the calendar"),
    ("FREQ=DAILY;UNTIL=20260228T235960Z", "is not in the calendar"),
    ("FREQ=DAILY;UNTIL=00000101", "is not in the calendar"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no such day in any year: BYMONTH=2;BYMONTHDAY=30"),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no such day"),
    ("FREQ=MONTHLY;BYMONTH=4,6,9,11;BYMONTHDAY=31", "no such day"),
    ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=-30", "no such day"),
    ("FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2", "no such day"),
    ("FREQ=YEARLY;BYMONTH=2;BYWEEKNO=30", "no such day"),
    ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=1", "no such day"),
    ("FREQ=MONTHLY;BYMONTH=2;BYDAY=5MO;BYMONTHDAY=28", "no such day"),
    ("FREQ=MONTHLY;RSCALE=HEBREW", "only the GREGORIAN calendar"),
    ("FREQ=MONTHLY;SKIP=LATER", "SKIP must be one of OMIT"),
    ("FREQ=DAILY;SKIP=FORWARD", "SKIP goes with FREQ=MONTHLY"),
    ("FREQ=MONTHLY;BYDAY=5FR;SKIP=BACKWARD", "does not go with BYDAY"),
    ("DTSTART:20260101\nRRULE:FREQ=DAILY", "Give one RRULE and nothing else"),
    ("RRULE:FREQ=DAILY\nEXDATE:20260101", "Give one RRULE and nothing else"),
    ("DTSTART=20260101;FREQ=DAILY", "Give one RRULE and nothing else"),
    ("RRULE:RRULE:FREQ=DAILY", "is not a part"),
    ("FREQ=DAILY;BYHOUR=" + ",".join(["8"] * 250), "at most 500 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_refusal_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InvalidRecurrenceError) as refused:
        Rule.parse(text)
    assert reason in refused.value.detail
    assert (refused.value.status, refused.value.code) == (422, "invalid_recurrence")


@given(st.text(max_size=60) | st.text("FREQ=DAILYBYHOUR;,:-+0123456789MOTU", max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    with suppress(InvalidRecurrenceError):
        Rule.parse(text)


def test_a_refusal_can_name_its_field() -> None:
    error = InvalidRecurrenceError("No.", field="body.recurrence.rrule")
    assert error.errors == [
        {"field": "body.recurrence.rrule", "message": "No.", "type": "invalid_recurrence"}
    ]


@pytest.mark.parametrize(
    "part",
    ["FREQ=HOURLY", "FREQ=MINUTELY;INTERVAL=5", "FREQ=DAILY;BYHOUR=9", "FREQ=WEEKLY;BYMINUTE=0",
     "FREQ=DAILY;BYSECOND=0"],
)  # fmt: skip
def test_an_all_day_task_knows_no_hours(part: str) -> None:
    rule = Rule.parse(part)
    check(rule, datetime(2026, 1, 1, 9))
    with pytest.raises(InvalidRecurrenceError, match="all-day task") as refused:
        check(rule, date(2026, 1, 1), field="body.recurrence.rrule")
    assert refused.value.errors[0]["field"] == "body.recurrence.rrule"


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "2025-01-01"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-01-05"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "2026-01-05"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "2026-01-05"),
        ("FREQ=YEARLY;INTERVAL=200", "2026-01-05"),
        ("FREQ=YEARLY;BYMONTH=1;BYWEEKNO=53", "2026-01-05"),
        ("FREQ=HOURLY;INTERVAL=2;BYHOUR=9", "2026-01-05T08:00"),
        ("FREQ=MINUTELY;INTERVAL=49;BYDAY=MO;BYHOUR=2;BYMINUTE=1", "2026-01-06T09:00"),
    ],
)
def test_a_rule_that_would_never_come_again_is_refused(rule: str, start: str) -> None:
    moment = datetime.fromisoformat(start)
    with pytest.raises(InvalidRecurrenceError, match="year 2200"):
        check(Rule.parse(rule), moment if "T" in start else moment.date())


def test_once_need_not_come_again() -> None:
    check(Rule.parse("FREQ=YEARLY;INTERVAL=300;COUNT=1"), date(2026, 1, 1))
