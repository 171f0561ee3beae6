"""Tasks that repeat, from one occurrence to the next; the calendar is in `taskbell.recurrence`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from taskbell.ids import new_id
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.rules import check as check_rule
from taskbell.recurrence.series import first_slot, next_from_completion, next_slot, upcoming
from taskbell.recurrence.slots import (
    Slot,
    instant_of,
    key_of,
    slot_from_key,
    slot_of,
    today,
)
from taskbell.tasks.errors import RecurrenceNeedsDueError
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import Preview

Anchor = Literal["schedule", "completion"]
FIELD = "body.recurrence.rrule"


@dataclass(frozen=True)
class Occurrence:
    """An occurrence of a task: its key, and when it is due."""

    occurrence: str
    due_date: date | None
    due_at: datetime | None

    @classmethod
    def of(cls, slot: Slot, zone: str) -> "Occurrence":
        """Return the occurrence at a slot."""
        timed = isinstance(slot, datetime)
        return cls(
            key_of(slot),
            None if timed else slot,
            instant_of(slot, zone) if isinstance(slot, datetime) else None,
        )


def parse_rule(rrule: str) -> Rule:
    """Return a rule. Raises `InvalidRecurrenceError` that names the field."""
    try:
        return Rule.parse(rrule)
    except InvalidRecurrenceError as error:
        raise InvalidRecurrenceError(error.detail, field=FIELD) from None


def start(task: Task, *, rule: Rule, anchor: Anchor, at: datetime) -> None:
    """Let a task repeat from its due date on; without one, from the first that fits from today.

    Raises `InvalidRecurrenceError`.
    """
    try:
        if task.due_at is not None:
            slot: Slot = slot_of(task.due_at, task.time_zone)
        elif task.due_date is not None:
            slot = task.due_date
        else:
            slot = first_slot(rule, on=today(at, task.time_zone), time=None, zone=task.time_zone)
        check_rule(rule, slot)
    except InvalidRecurrenceError as error:
        raise InvalidRecurrenceError(error.detail, field=FIELD) from None
    if task.due_at is None:
        _stand_for(task, slot)
    task.rrule, task.repeat_anchor = rule.text, anchor
    task.repeat_start = task.occurrence = key_of(slot)
    task.occurrence_number = 1


def stop(task: Task) -> None:
    """Let a task be done once and for all."""
    task.rrule = task.repeat_anchor = task.repeat_start = None
    task.occurrence = task.occurrence_number = None


def check_due(task: Task) -> None:
    """Raise `RecurrenceNeedsDueError` for a repeating task without a due date."""
    if task.rrule is not None and task.due_date is None and task.due_at is None:
        raise RecurrenceNeedsDueError(field="body.recurrence")


def advance(task: Task, *, at: datetime, taken: Collection[str] = ()) -> bool:
    """Move a repeating task on to its next occurrence; missed ones are skipped.

    `taken`: keys of occurrences that were done before their time, and must not come again. Returns
    False, and moves nothing, when there is none: the series is over.
    """
    following = _next(task, at, taken)
    if following is None:
        return False
    _stand_for(task, following)
    task.occurrence = key_of(following)
    task.occurrence_number = (task.occurrence_number or 0) + 1
    return True


def _next(task: Task, at: datetime, taken: Collection[str]) -> Slot | None:
    rule, slot = _series(task)
    if task.repeat_anchor == "completion":
        return next_from_completion(
            rule,
            slot=slot,
            at=at,
            zone=task.time_zone,
            number=task.occurrence_number or 1,
            taken={slot_from_key(one) for one in taken},
        )
    after = slot
    # one that was put off past others takes their place
    moved = slot_of(task.due_at, task.time_zone) if task.due_at is not None else task.due_date
    if moved is not None and type(moved) is type(slot) and moved > slot:
        after = moved
    return next_slot(
        rule,
        start=slot_from_key(task.repeat_start or ""),
        after=after,
        zone=task.time_zone,
        at=at,
    )


def occurrences(task: Task, *, limit: int, at: datetime) -> list[Occurrence]:
    """Return what a task stands for now, as it is due, and what comes after it.

    Those that will have been missed when it is done are left out.
    """
    current = Occurrence(task.occurrence or "", task.due_date, task.due_at)
    if task.rrule is None or task.completed_at is not None:
        return []
    rule, slot = _series(task)
    slots = upcoming(
        rule,
        start=slot_from_key(task.repeat_start or ""),
        current=slot,
        zone=task.time_zone,
        anchor="completion" if task.repeat_anchor == "completion" else "schedule",
        limit=limit,
        at=at,
        number=task.occurrence_number or 1,
    )
    return [current, *(Occurrence.of(one, task.time_zone) for one in slots[1:])][:limit]


def preview(wanted: Preview, *, zone: str, at: datetime) -> list[Occurrence]:
    """Return the first occurrences of a series that there is not. Raises `InvalidRecurrenceError`.

    The error names the field of the request, `body.rrule`.
    """
    nobody = new_id()
    task = Task(
        title="-",
        owner_id=nobody,
        list_id=nobody,
        time_zone=zone,
        due_date=wanted.due_date,
        due_at=wanted.due_at,
    )
    try:
        start(task, rule=Rule.parse(wanted.rrule), anchor=wanted.anchor, at=at)
    except InvalidRecurrenceError as error:
        raise InvalidRecurrenceError(error.detail, field="body.rrule") from None
    return occurrences(task, limit=wanted.limit, at=at)


def _series(task: Task) -> tuple[Rule, Slot]:
    return Rule.parse(task.rrule or ""), slot_from_key(task.occurrence or "")


def _stand_for(task: Task, slot: Slot) -> None:
    due = Occurrence.of(slot, task.time_zone)
    task.due_date, task.due_at = due.due_date, due.due_at
