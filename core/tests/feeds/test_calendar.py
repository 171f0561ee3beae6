"""Calendars as others read them: by the library that writes them, by another, and by the letter."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from core.tests.feeds.made import (
    AT,
    URL,
    ZURICH,
    made_of,
    read,
    read_otherwise,
    repeating,
    row,
    written,
)
from core.tests.recurrence.series import slot
from core.tests.recurrence.zones import ZONES
from taskbell.feeds import zones
from taskbell.feeds.calendar import LENGTH, clean
from taskbell.feeds.events import MOST_ZONES, Reminding
from taskbell.tasks.models import Priority

MOST_NAMED = ("Pacific/Chatham", "Europe/Zurich")
DUE = datetime(2026, 11, 30, 8, tzinfo=UTC)
NASTY = [
    "Pay; the, rent\\n or “else” 💚",
    "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nX-EVIL:1",
    "a\rb\nc\u2028d\u2029e\x85f\x0bg\x0ch",
    "\x07bell\x1b[31m\x7f\x9b",
    "עברית and العربية ‏‮mixed",
    "e\u0301 👩‍👩‍👧‍👦 🇨🇭 ｆｕｌｌ 中文" * 20,
    'DTSTART;TZID="x":20260101T000000',
    "\\; \\, \\\\ \\N :;,=^n^'",
    "x" * 10_000,
    "💚" * 5_000,
    " leading and trailing ",
    "\t",
]


def lines(calendar: bytes) -> list[bytes]:
    return calendar.removesuffix(b"\r\n").split(b"\r\n")


def both(calendar: bytes) -> tuple[Any, Any]:
    """The only event, as two parsers have it."""
    (one,), (other,) = read(calendar), read_otherwise(calendar)
    return one, other


def test_a_timed_task() -> None:
    labels = "errands\nat home, or not; really"
    task = row(title="Rent", description="*Both* halves\n", due_at=DUE, label_names=labels)
    one, other = both(written(*made_of(task)))
    assert one["uid"] == other.uid.value == f"{task.id}@tasks.example.com"
    assert one["summary"] == other.summary.value == "Rent"
    assert one["description"] == other.description.value == "*Both* halves\n"
    assert one["dtstart"].dt == other.dtstart.value == DUE
    assert one["duration"].dt == other.duration.value == LENGTH
    assert one["dtstamp"].dt == one["last-modified"].dt == task.updated_at
    assert one["created"].dt == task.created_at
    assert (one["sequence"], one["priority"], one["transp"]) == (3, 5, "TRANSPARENT")
    assert one["url"] == other.url.value == f"{URL}/lists/{task.list_id}"
    assert [str(name) for name in one["categories"].cats] == labels.split("\n")
    assert other.categories.value == labels.split("\n")


def test_an_all_day_task_is_that_day_everywhere() -> None:
    calendar = written(*made_of(row(due_date=date(2026, 11, 30))))
    one, other = both(calendar)
    assert one["dtstart"].dt == other.dtstart.value == date(2026, 11, 30)
    assert one["dtend"].dt == other.dtend.value == date(2026, 12, 1)
    assert b"DTSTART;VALUE=DATE:20261130\r\n" in calendar
    assert b"TZID" not in calendar


def test_priorities() -> None:
    events = [made_of(row(due_at=DUE, priority=one))[0] for one in Priority]
    found = {int(event["priority"]) for event in read(written(*events))}
    assert [int(one["priority"]) for one in read(written(*events))] == [9, 5, 3, 1]
    assert found == {1, 3, 5, 9}


def test_a_series_brings_its_zone_along() -> None:
    calendar = written(*made_of(repeating("FREQ=WEEKLY;COUNT=9", slot("2026-11-25 09:00"))))
    one, other = both(calendar)
    assert one["dtstart"].params["TZID"] == ZURICH
    assert one["dtstart"].dt == datetime(2026, 11, 25, 9, tzinfo=ZoneInfo(ZURICH))
    assert one["rrule"].to_ical() == other.rrule.value.encode() == b"FREQ=WEEKLY;COUNT=9"
    # vobject reads the zone from the calendar: nine of these, at nine o'clock past the change too
    shown = list(other.rruleset)
    assert len(shown) == 9
    assert {moment.hour for moment in shown} == {9}
    offsets = {other.dtstart.value.tzinfo.utcoffset(datetime(2027, month, 15)) for month in (1, 6)}  # noqa: DTZ001
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}


@pytest.mark.parametrize("zone", [*ZONES[::7], "UTC", "Etc/UTC", "GMT", "Zulu"])
def test_each_zone_that_is_named_is_there(zone: str) -> None:
    calendar = written(*made_of(repeating("FREQ=DAILY", slot("2026-11-25 09:00"), zone=zone)))
    named = set(re.findall(rb"DTSTART;TZID=([^:]+):", calendar))
    there = set(re.findall(rb"BEGIN:VTIMEZONE\r\nTZID:([^\r]+)\r\n", calendar))
    assert named == there
    (event,) = read(calendar)
    assert event["dtstart"].dt == datetime(2026, 11, 25, 9, tzinfo=ZoneInfo(zone))


def test_twenty_zones_are_named_and_of_others_the_first_event_is_shown() -> None:
    start = slot("2026-11-25 09:00")
    tasks = [repeating("FREQ=YEARLY", start, zone=zone) for zone in ZONES]
    # the library knows which zones are UTC by another name
    tasks = [task for task in tasks if task.due_at != datetime(2026, 11, 25, 9, tzinfo=UTC)]
    twice = [repeating("FREQ=YEARLY", start, zone=zone) for zone in MOST_NAMED]
    calendar = written(*(event for task in [*tasks, *twice] for event in made_of(task)))
    named = re.findall(r"BEGIN:VTIMEZONE\r\nTZID:([^\r]+)\r\n", calendar.decode())
    assert len(named) == MOST_ZONES
    assert set(named) > set(MOST_NAMED), "where most series are"
    events = read(calendar)
    assert len(events) == len(tasks) + len(twice)
    for task, event in zip([*tasks, *twice], events, strict=True):
        start_of = event["dtstart"]
        if task.time_zone in named:
            assert start_of.params["TZID"] == task.time_zone
            assert "rrule" in event
        else:
            assert start_of.params.get("TZID") is None
            assert "rrule" not in event
        assert start_of.dt == task.due_at, "the same instant either way"


def test_changes_are_looked_for_in_twenty_zones_at_most() -> None:
    zones.changes_of.cache_clear()
    start = slot("2026-11-25 09:00")
    made = [made_of(repeating("FREQ=YEARLY", start, zone=zone)) for zone in ZONES]
    written(*(event for events in made for event in events))
    assert zones.changes_of.cache_info().misses <= MOST_ZONES * 3, "each in two or three decades"


def test_a_series_far_ahead_brings_the_rules_of_its_zone_along() -> None:
    calendar = written(*made_of(repeating("FREQ=YEARLY", slot("2150-07-01 09:00"))))
    (event,) = read_otherwise(calendar)
    assert event.dtstart.value.utcoffset() == timedelta(hours=2)


def test_a_start_that_clocks_leave_out() -> None:
    calendar = written(*made_of(repeating("FREQ=DAILY", slot("2027-03-28 02:30"))))
    assert b"DTSTART;TZID=Europe/Zurich:20270328T023000\r\n" in calendar
    assert b"DTEND" not in calendar, "half past two to three would be an hour backwards"


def test_alarms() -> None:
    reminders = [Reminding(30, None, waits=True), Reminding(None, AT, waits=True)]
    one, other = both(written(*made_of(row(title="Rent; now", due_at=DUE), *reminders)))
    before, then = one.walk("VALARM")
    assert before["trigger"].dt == timedelta(minutes=-30)
    assert then["trigger"].dt == AT
    assert {alarm["action"] for alarm in (before, then)} == {"DISPLAY"}
    assert {alarm["description"] for alarm in (before, then)} == {"Rent; now"}
    assert [alarm.trigger.value for alarm in other.valarm_list] == [timedelta(minutes=-30), AT]
    (all_day,) = read(written(*made_of(row(due_date=date(2026, 11, 30)), reminders[0])))
    (alarm,) = all_day.walk("VALARM")
    assert all_day["dtstart"].dt == date(2026, 11, 30)
    assert alarm["trigger"].dt == timedelta(hours=8, minutes=30), "half an hour before nine"


def test_what_a_calendar_says_of_itself() -> None:
    calendar = Calendar.from_ical(written(name="Ada’s; tasks, all"))
    assert calendar["version"] == "2.0"
    assert calendar["prodid"] == "-//Taskbell//Taskbell//EN"
    assert b"X-WR-CALNAME:Ada\xe2\x80\x99s\\; tasks\\, all\r\n" in written(name="Ada’s; tasks, all")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in calendar.to_ical()
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in calendar.to_ical()
    assert "x-wr-caldesc" not in calendar
    cut = written(*made_of(row(due_at=DUE)), total=2_345)
    assert b"X-WR-CALDESC:The 1 nearest of 2\\,345 tasks.\r\n" in cut


def test_an_empty_calendar_is_one() -> None:
    assert read(written()) == read_otherwise(written()) == []


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text)[:30])
def test_nasty_text(text: str) -> None:
    task = row(title=text, description=text, label_names=clean(text).replace("\n", " "), due_at=DUE)
    calendar = written(*made_of(task, Reminding(5, None, waits=True)), name=text)
    check_form(calendar)
    one, other = both(calendar)
    assert one["summary"] == one["description"] == clean(text)
    assert other.summary.value == other.description.value == clean(text)
    assert "X-EVIL" not in one


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()  # half characters are refused before
    calendar = written(*made_of(row(title=text, description=text, due_at=DUE)), name=text)
    check_form(calendar)
    (event,) = read(calendar)
    assert event["summary"] == clean(text)


def check_form(calendar: bytes) -> None:
    """Check that no line is too long, cut within a character, or of somebody else's making."""
    assert calendar.endswith(b"END:VCALENDAR\r\n")
    names = set()
    for line in lines(calendar):
        assert len(line) <= 75, line
        text = line.decode()  # each line is UTF-8 by itself
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", text), line
        if not line.startswith(b" "):
            names.add(re.split("[;:]", text)[0])
    assert names <= {
        "ACTION", "BEGIN", "CATEGORIES", "CREATED", "DESCRIPTION", "DTSTAMP", "DTSTART", "DURATION",
        "END", "LAST-MODIFIED", "METHOD", "NAME", "PRIORITY", "PRODID", "REFRESH-INTERVAL",
        "SEQUENCE", "SUMMARY", "TRANSP", "TRIGGER", "UID", "URL", "VERSION", "X-PUBLISHED-TTL",
        "X-WR-CALNAME", "X-WR-TIMEZONE",
    }  # fmt: skip


def test_two_thousand_tasks_are_written_in_seconds() -> None:
    """Generous: to write them takes half a second on a quiet machine."""
    events = [
        event
        for number in range(2000)
        for event in made_of(
            repeating("FREQ=MONTHLY;BYDAY=-1FR", slot("2026-11-27 09:00"), title=f"Task {number}"),
            Reminding(30, None, waits=True),
        )
    ]
    started = time.process_time()
    calendar = written(*events)
    assert time.process_time() - started < 10
    assert calendar.count(b"BEGIN:VTIMEZONE") == 1
    assert calendar.count(b"BEGIN:VEVENT") == 2000
