"""Rows of tasks as they are read, and calendars read back by programs that did not write them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import vobject  # type: ignore[import-untyped]
from dateutil.rrule import rrulestr
from icalendar import Calendar

from taskbell.feeds.calendar import Heading, write
from taskbell.feeds.events import Event, Reminding, events_of
from taskbell.ids import new_id
from taskbell.recurrence.slots import Slot, instant_of, slot_of
from taskbell.tasks.rows import TaskRow

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
URL = "https://tasks.example.com"
ZURICH = "Europe/Zurich"


def row(**fields: Any) -> TaskRow:
    """A pending task; `label_names` one a line."""
    made: dict[str, Any] = dict.fromkeys(TaskRow._fields) | {
        "id": new_id(),
        "owner_id": new_id(),
        "list_id": new_id(),
        "title": "Water the plants",
        "description": "",
        "priority": 2,
        "label_names": "",
        "position": "x",
        "time_zone": ZURICH,
        "reminders_count": 0,
        "subtasks_count": 0,
        "version": 3,
        "created_at": AT - timedelta(days=30),
        "updated_at": AT - timedelta(days=1),
        "viewer_zone": ZURICH,
    }
    return TaskRow(**(made | fields))


def repeating(rule: str, slot: Slot, *, zone: str = ZURICH, **fields: Any) -> TaskRow:
    """A task that stands for the occurrence at `slot`, and is due then."""
    due = {"due_at": instant_of(slot, zone)} if isinstance(slot, datetime) else {"due_date": slot}
    series = {"rrule": rule, "repeat_anchor": "schedule", "occurrence": slot.isoformat()}
    return row(**(due | series | {"time_zone": zone} | fields))


def made_of(
    task: TaskRow, *reminders: Reminding, start: Slot | None = None, at: datetime = AT
) -> list[Event]:
    """The events of a task whose series began at `start`, or with its occurrence."""
    began = start.isoformat() if start is not None else task.occurrence
    return events_of(task, series_start=began, reminders=reminders, at=at)


def written(*events: Event, name: str = "Tasks", total: int | None = None) -> bytes:
    shown = len(events)
    return write(Heading(name, ZURICH, URL, shown, shown if total is None else total), events)


def read(calendar: bytes) -> list[Any]:
    """The events, by the library that writes them."""
    return list(Calendar.from_ical(calendar).walk("VEVENT"))


def read_otherwise(calendar: bytes) -> list[Any]:
    """The events, by another one."""
    return list(vobject.readOne(calendar.decode()).contents.get("vevent", ()))


def expanded(calendar: bytes, number: int) -> list[datetime | date]:
    """What a calendar program shows: all events that repeat or not, by start, as instants.

    Repeats by dateutil, in wall time; what it means by our own zones.
    """
    found: list[datetime | date] = []
    for event in read(calendar):
        start = event["dtstart"].dt
        zone = event["dtstart"].params.get("TZID", "UTC")
        if "rrule" not in event:
            found.append(start.astimezone(UTC) if isinstance(start, datetime) else start)
            continue
        rule = event["rrule"].to_ical().decode()
        found += islice(_repeats(rule, start, zone), number)
    return [one for one in sorted(found) if one.year < 2200][:number]  # further we do not look


def _repeats(rule: str, start: Slot, zone: str) -> Iterator[datetime | date]:
    head, _, until = rule.partition("UNTIL=")
    if until and isinstance(start, datetime):  # without zones dateutil wants it without one
        ends = slot_of(datetime.strptime(until[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone)
        rule = f"{head}UNTIL={ends:%Y%m%dT%H%M%S}{until[16:]}"
    if isinstance(start, datetime):
        yield from (instant_of(one, zone) for one in rrulestr(rule, dtstart=_naive(start)))
    else:
        midnight = datetime.combine(start, datetime.min.time())
        yield from (one.date() for one in rrulestr(rule, dtstart=midnight))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
