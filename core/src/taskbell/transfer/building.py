"""From an item of a file to the rows that make it a task here. Pure: it asks nobody."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from taskbell.ids import new_id
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.slots import slot_from_key
from taskbell.reminders.models import Reminder
from taskbell.reminders.plan import fire_time, plan
from taskbell.tasks import repeats
from taskbell.tasks.models import Priority, Task, TaskCompletion
from taskbell.text import TimeZone
from taskbell.transfer.arrange import MOST_DESCRIPTION
from taskbell.transfer.items import ImportedItem, ImportedSeries

MOST_MINUTES = 366 * 24 * 60
"""So early may a reminder be, as for everybody (`reminders.schemas.Offset`)."""

_ZONE: TypeAdapter[str] = TypeAdapter(TimeZone)


@dataclass(frozen=True)
class Place:
    """Where a task goes, under which id, and in whose name."""

    task_id: UUID
    owner_id: UUID
    list_id: UUID
    parent_id: UUID | None
    trash_id: UUID | None
    position: str
    labels: tuple[str, ...]
    time_zone: str


@dataclass
class Built:
    """A task with its reminders and what was done of it; not in any session."""

    item: ImportedItem
    task: Task
    reminders: list[Reminder] = field(default_factory=list)
    completions: list[TaskCompletion] = field(default_factory=list)


def build(item: ImportedItem, place: Place, *, at: datetime) -> Built:
    """Return the rows of an item; what cannot be is told in its messages, and kept as text."""
    task = Task(
        id=place.task_id,
        owner_id=place.owner_id,
        list_id=place.list_id,
        parent_id=place.parent_id,
        title=item.title,
        description=item.description,
        priority=Priority[item.priority],
        label_names="\n".join(place.labels),
        position=place.position,
        due_date=item.due_date,
        due_at=item.due_at,
        time_zone=_zone(item, place.time_zone),
        start_date=item.start_date,
        created_at=_past(item.created_at, at) or at,
        updated_at=at,
        completed_at=_past(item.completed_at, at),
        deleted_at=_past(item.deleted_at, at),
        trash_id=place.trash_id,
    )
    built = Built(item, task)
    _repeat(built, at)
    _remind(built, at)
    task.reminders_count = len(built.reminders)
    return built


def _past(moment: datetime | None, at: datetime) -> datetime | None:
    # nothing was made or done after now, whatever a file says
    return None if moment is None else min(moment, at)


def _zone(item: ImportedItem, own: str) -> str:
    if item.time_zone is None:
        return own
    try:
        return _ZONE.validate_python(item.time_zone)
    except ValidationError:
        item.say("Its time zone is not known: yours is taken.")
        return own


def _repeat(built: Built, at: datetime) -> None:
    item, task = built.item, built.task
    wanted = item.recurrence
    if wanted is None:
        return
    try:
        repeats.start(task, rule=Rule.parse(wanted.rrule), anchor=wanted.anchor, at=at)
    except InvalidRecurrenceError as error:
        item.say(f"Its repeat is not possible here: {error.detail}")
        kept = f"\n\nRepeats: {wanted.rrule}"
        if len(task.description) + len(kept) <= MOST_DESCRIPTION:
            task.description = (task.description + kept).strip()
        return
    if item.series is not None and _goes_on(task, item.series):
        task.repeat_start = item.series.start
        task.occurrence = item.series.occurrence
        task.occurrence_number = item.series.number
        _add_completions(built)


def _goes_on(task: Task, series: ImportedSeries) -> bool:
    """Tell whether a task can stand where its series stood: days go with days."""
    try:
        slots = [slot_from_key(series.start), slot_from_key(series.occurrence)]
    except ValueError:
        return False
    timed = task.due_at is not None
    return all(isinstance(slot, datetime) is timed for slot in slots)


def _add_completions(built: Built) -> None:
    seen: set[str] = set()
    for one in built.item.completions:
        is_open = built.task.completed_at is None and one.occurrence == built.task.occurrence
        if one.occurrence in seen or is_open or not _is_slot(one.occurrence):
            continue
        seen.add(one.occurrence)
        built.completions.append(
            TaskCompletion(
                id=new_id(),
                task_id=built.task.id,
                occurrence=one.occurrence,
                outcome=one.outcome,
                due_date=one.due_date,
                due_at=one.due_at,
                at=one.at,
            )
        )


def _is_slot(key: str) -> bool:
    try:
        slot_from_key(key)
    except ValueError:
        return False
    return True


def _remind(built: Built, at: datetime) -> None:
    for wanted in built.item.reminders:
        reminder = Reminder(
            id=new_id(),
            task_id=built.task.id,
            owner_id=built.task.owner_id,
            offset_minutes=wanted.offset_minutes,
            at=wanted.at,
            channels=["email"],
            created_at=at,
            updated_at=at,
        )
        if wanted.offset_minutes is not None and wanted.offset_minutes > MOST_MINUTES:
            built.item.say("A reminder is more than a year early: it is left out.")
            continue
        moment = fire_time(built.task, reminder)
        if moment is None:
            built.item.say("A reminder before the due time is left out: there is no due time.")
        elif moment > at:
            wish = plan(built.task, reminder, at=at)
            reminder.state, reminder.next_fire_at = wish.state, wish.next_fire_at
            built.reminders.append(reminder)
        elif wanted.offset_minutes is not None:
            # it has had its time; with a later due time, or the next occurrence, it has another
            reminder.state, reminder.last_fire_at = "fired", moment
            built.reminders.append(reminder)
        else:
            built.item.say("A reminder whose time is past is left out.")


def columns(row: Any, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a row's columns, as an insert of many wants them."""
    values: dict[str, Any] = row.model_dump(exclude=set(without))
    return values
