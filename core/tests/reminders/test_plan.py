"""When reminders fire: pure, over every zone and the days round its changes."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbell.ids import new_id
from taskbell.reminders.models import Reminder
from taskbell.reminders.plan import CANCELLED, Plan, due_instant, fire_time, plan
from taskbell.tasks.models import Task

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_task(**fields: Any) -> Task:
    base: dict[str, Any] = {"owner_id": new_id(), "list_id": new_id(), "title": "x"}
    return Task(**(base | {"time_zone": "UTC"} | fields))


def a_reminder(**fields: Any) -> Reminder:
    base: dict[str, Any] = {"task_id": new_id(), "owner_id": new_id(), "channels": ["email"]}
    return Reminder(**(base | fields))


@cache
def changes(zone: str) -> list[date]:
    """The days on which a zone's offset changes, 1975 to 2035."""
    found, day = [], date(1975, 1, 1)
    info = ZoneInfo(zone)
    while day.year < 2035:
        month = day + timedelta(days=28)
        if offset(info, day) != offset(info, month):
            while offset(info, day) == offset(info, day + timedelta(days=1)):
                day += timedelta(days=1)
            found += [day, day + timedelta(days=1)]
        day = max(month, day + timedelta(days=1))
    return found


def offset(zone: ZoneInfo, day: date) -> timedelta | None:
    return datetime.combine(day, time(0), zone).utcoffset()


@st.composite
def zones_and_days(draw: st.DrawFn) -> tuple[str, date]:
    zone = draw(st.sampled_from(ZONES))
    days = st.dates(date(1971, 1, 1), date(2190, 1, 1))
    if changes(zone):
        near = st.sampled_from(changes(zone))
        days = days | st.builds(
            lambda day, shift: day + timedelta(days=shift), near, st.integers(-1, 1)
        )
    return zone, draw(days)


@given(zones_and_days())
def test_a_day_is_due_at_nine_on_the_wall(where: tuple[str, date]) -> None:
    zone, day = where
    due = due_instant(a_task(due_date=day, time_zone=zone))
    assert due is not None
    wall = due.astimezone(UTC).astimezone(ZoneInfo(zone))
    if wall.replace(tzinfo=None) == datetime.combine(day, time(9)):
        assert wall.fold == 0, "a doubled time is the first one"
    else:  # in the gap: it moves forward, by as much as the clocks do
        assert wall.replace(tzinfo=None) > datetime.combine(day, time(9))
        assert wall.replace(tzinfo=None) <= datetime.combine(day, time(9)) + timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "day", "due"),
    [
        ("Europe/Zurich", date(2026, 3, 28), "2026-03-28T08:00Z"),
        ("Europe/Zurich", date(2026, 3, 29), "2026-03-29T07:00Z"),
        ("Europe/Zurich", date(2026, 10, 25), "2026-10-25T08:00Z"),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T13:00Z"),
        ("Asia/Kathmandu", date(2026, 1, 1), "2026-01-01T03:15Z"),
        # Samoa skipped the 30th of December 2011: nine o'clock came a day later
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T19:00Z"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T19:00Z"),
    ],
)
def test_known_days(zone: str, day: date, due: str) -> None:
    assert due_instant(a_task(due_date=day, time_zone=zone)) == datetime.fromisoformat(due)


@given(zones_and_days(), st.integers(0, 527_040))
def test_offsets_are_real_minutes(where: tuple[str, date], minutes: int) -> None:
    zone, day = where
    task = a_task(due_date=day, time_zone=zone)
    due, fires = due_instant(task), fire_time(task, a_reminder(offset_minutes=minutes))
    assert due is not None
    assert fires is not None
    assert due.astimezone(UTC) - fires == timedelta(minutes=minutes)


def test_fire_times() -> None:
    assert fire_time(a_task(), a_reminder(offset_minutes=5)) is None
    assert fire_time(a_task(), a_reminder(at=NOON)) == NOON
    assert fire_time(a_task(due_at=NOON), a_reminder(offset_minutes=60)) == NOON - HOUR


CASES: list[tuple[str, dict[str, Any], dict[str, Any], Plan]] = [
    ("ahead", {}, {"at": NOON + HOUR}, Plan("scheduled", NOON + HOUR)),
    ("past and new", {}, {"at": NOON - HOUR}, CANCELLED),
    ("waiting in vain", {}, {"at": NOON - HOUR, "next_fire_at": NOON - HOUR},
     Plan("scheduled", NOON - HOUR)),
    ("fired", {}, {"at": NOON - HOUR, "last_fire_at": NOON - HOUR}, Plan("fired", None)),
    ("fired, then moved ahead", {}, {"at": NOON + HOUR, "last_fire_at": NOON - HOUR},
     Plan("scheduled", NOON + HOUR)),
    ("not due", {}, {"offset_minutes": 5}, CANCELLED),
    ("due ahead", {"due_at": NOON + HOUR}, {"offset_minutes": 30},
     Plan("scheduled", NOON + HOUR / 2)),
    ("moved so near that its moment has passed", {"due_at": NOON + HOUR}, {"offset_minutes": 90},
     Plan("scheduled", NOON - HOUR / 2)),
    ("moved into the past", {"due_at": NOON - HOUR}, {"offset_minutes": 5}, CANCELLED),
    ("done", {"completed_at": NOON}, {"at": NOON + HOUR}, CANCELLED),
    ("done after it fired", {"completed_at": NOON}, {"at": NOON, "last_fire_at": NOON}, CANCELLED),
    ("trashed", {"deleted_at": NOON}, {"at": NOON + HOUR}, CANCELLED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("task", "reminder", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_plans(task: dict[str, Any], reminder: dict[str, Any], wanted: Plan) -> None:
    assert plan(a_task(**task), a_reminder(**reminder), at=NOON) == wanted


@given(
    where=zones_and_days(),
    minutes=st.integers(0, 527_040),
    passed=st.timedeltas(timedelta(0), timedelta(days=4000)),
)
def test_a_waiting_reminder_waits_however_much_time_passes(
    where: tuple[str, date], minutes: int, passed: timedelta
) -> None:
    zone, day = where
    task = a_task(due_date=day, time_zone=zone)
    reminder = a_reminder(offset_minutes=minutes)
    due = due_instant(task)
    assert due is not None
    first = plan(task, reminder, at=due - timedelta(minutes=minutes + 1))
    assert first.state == "scheduled"
    reminder.state, reminder.next_fire_at = first.state, first.next_fire_at
    assert plan(task, reminder, at=due + passed) == first
    reminder.last_fire_at, reminder.next_fire_at = reminder.next_fire_at, None
    assert plan(task, reminder, at=due + passed) == Plan("fired", None)
