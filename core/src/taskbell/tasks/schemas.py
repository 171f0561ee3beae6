"""What requests and responses about tasks look like."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from taskbell.clock import now
from taskbell.ids import ClientId
from taskbell.labels.schemas import LabelName
from taskbell.tasks.models import Priority
from taskbell.tasks.rows import TaskRow
from taskbell.text import Line, Text, TimeZone
from taskbell.times import EARLIEST, LATEST, Instant, UtcInstant

PriorityName = Literal["low", "medium", "high", "urgent"]


def _date_in_range(value: date) -> date:
    if not EARLIEST.date() <= value <= LATEST.date():
        raise PydanticCustomError("date_range", "must lie between 1970 and 2200")
    return value


_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _plain_date(value: object) -> object:
    # Pydantic would also take a number of seconds, or an instant at midnight
    if isinstance(value, str) and _PLAIN_DATE.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("date", "must be a date such as 2026-11-20")


def _true_or_false(value: object) -> bool:
    # also not null: absent toggles, and who sends null may not mean that
    if isinstance(value, bool):
        return value
    raise PydanticCustomError("bool_type", "must be true or false")


MOST_LABELS = 50

Title = Annotated[Line, StringConstraints(max_length=200)]
OccurrenceKey = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$", max_length=19)
]
TrueOrFalse = Annotated[
    bool | None, BeforeValidator(_true_or_false), WithJsonSchema({"type": "boolean"})
]
Labels = Annotated[list[LabelName], Field(max_length=MOST_LABELS)]
Description = Annotated[Text, Field(max_length=10_000)]
Date = Annotated[date, BeforeValidator(_plain_date), AfterValidator(_date_in_range)]

_EXAMPLE: JsonDict = {
    "title": "Pay the rent",
    "description": "Standing order *and* receipt",
    "priority": "high",
    "due_at": "2030-01-31T09:00:00Z",
    "time_zone": "Europe/Zurich",
    "labels": ["bills"],
    "recurrence": {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "anchor": "schedule"},
}


class Recurrence(BaseModel):
    """How a task repeats: an RFC 5545 rule, in wall time of the task's zone."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rrule": "FREQ=MONTHLY;BYDAY=-1FR"}]},
    )

    rrule: Text = Field(
        min_length=1, max_length=500, description="`FREQ=WEEKLY;BYDAY=MO,TH` and so on."
    )
    anchor: Literal["schedule", "completion"] = Field(
        "schedule",
        description="What the next one is counted from: the schedule, or the day it was done.",
    )


class TaskPut(BaseModel):
    """All fields of a task: what is absent takes its default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    title: Title
    description: Description = ""
    priority: PriorityName = "medium"
    list_id: UUID | None = Field(
        None, description="The inbox when absent; a subtask is in the list of its parent."
    )
    parent_id: UUID | None = Field(None, description="Makes it a subtask: five levels at most.")
    labels: Labels = Field(default=[], description="By name; new ones are made.")
    due_date: Date | None = Field(None, description="All day: the date stays the date everywhere.")
    due_at: Instant | None = Field(None, description="An instant. Excludes `due_date`.")
    time_zone: TimeZone | None = Field(None, description="IANA; yours when absent.")
    start_date: Date | None = None
    recurrence: Recurrence | None = Field(
        None,
        description="It repeats from its due date on; without one, from the first that fits.",
    )


class TaskCreate(TaskPut):
    """A new task. `id` may be made by the client (UUIDv7), so that a repeat is noticed."""

    id: ClientId | None = None
    default_reminder: Annotated[bool, Field(strict=True)] = Field(
        True,
        description="Give it your default reminder, if you have one and it has a `due_at`.",
    )


class TaskPatch(BaseModel):
    """Fields to change: an absent one is untouched, null clears."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"priority": "urgent", "due_at": None}]}
    )

    title: Title = Field(default="", validate_default=False)
    description: Description | None = None
    priority: PriorityName | None = None
    list_id: UUID | None = Field(
        None, description="Another list: subtasks move along, and it is nobody's subtask any more."
    )
    parent_id: UUID | None = Field(None, description="`null`: no subtask any more.")
    labels: Labels | None = None
    due_date: Date | None = None
    due_at: Instant | None = None
    time_zone: TimeZone | None = None
    start_date: Date | None = None
    recurrence: Recurrence | None = Field(
        None,
        description="Starts the series anew at the due date. Absent: a new due date moves this "
        "occurrence only. `null`: it repeats no more.",
    )


class Preview(BaseModel):
    """A rule, and the due date it begins at: today when there is none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rrule": "FREQ=WEEKLY;BYDAY=MO,TH", "limit": 5}]},
    )

    rrule: Text = Field(min_length=1, max_length=500)
    anchor: Literal["schedule", "completion"] = "schedule"
    due_date: Date | None = None
    due_at: Instant | None = None
    time_zone: TimeZone | None = Field(None, description="IANA; yours when absent.")
    limit: int = Field(10, ge=1, le=100)

    @model_validator(mode="after")
    def _one_due(self) -> Self:
        if self.due_date is not None and self.due_at is not None:
            raise PydanticCustomError("two_due_times", "give due_date or due_at, not both")
        return self


class Completion(BaseModel):
    """Sets the state; without a body, or `completed`, the state toggles."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"completed": True}]})

    completed: TrueOrFalse = None
    occurrence: OccurrenceKey | None = Field(
        None, description="Of a repeating task: the one that is meant, as the task showed it."
    )


class Skip(BaseModel):
    """Which occurrence is skipped; without it, the one the task stands for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"occurrence": "2030-01-31T10:00:00"}]}
    )

    occurrence: OccurrenceKey | None = None


class Move(BaseModel):
    """Where a task goes: behind or before a sibling there, or to the end."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"after_id": "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a009"}]},
    )

    list_id: UUID | None = Field(None, description="Absent: the list that it is in.")
    parent_id: UUID | None = Field(None, description="`null`: out of its parent.")
    after_id: UUID | None = None
    before_id: UUID | None = None

    @model_validator(mode="after")
    def _one_neighbour(self) -> Self:
        if self.after_id is not None and self.before_id is not None:
            raise PydanticCustomError("two_neighbours", "give after_id or before_id, not both")
        return self


class RecurrenceOut(BaseModel):
    """How a task repeats."""

    rrule: str
    anchor: Literal["schedule", "completion"]


class OccurrenceOut(BaseModel):
    """One occurrence of a repeating task."""

    model_config = ConfigDict(from_attributes=True)

    occurrence: str = Field(description="Its key: the date, or the wall time, it is scheduled for.")
    due_date: date | None
    due_at: UtcInstant | None


class CompletionOut(OccurrenceOut):
    """An occurrence that was done or skipped."""

    outcome: Literal["completed", "skipped"]
    at: UtcInstant


class TaskOut(BaseModel):
    """A task."""

    id: UUID
    list_id: UUID
    parent_id: UUID | None
    title: str
    description: str
    priority: PriorityName
    labels: list[str]
    position: str = Field(description="Sorts siblings, byte by byte; changed by moving the task.")
    completed: bool
    completed_at: UtcInstant | None
    due_date: date | None
    due_at: UtcInstant | None
    time_zone: str
    start_date: date | None
    recurrence: RecurrenceOut | None
    occurrence: str | None = Field(
        description="Of a repeating task: which one it stands for. Send it when completing it."
    )
    reminders_count: int
    subtasks_count: int = Field(description="Direct ones, not those in the trash.")
    overdue: bool = Field(description="Pending, and its due time (or date, in your zone) is past.")
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant
    deleted_at: UtcInstant | None

    @classmethod
    def of(cls, task: TaskRow, *, at: datetime | None = None) -> Self:
        """Return the public form of `task`, as seen at an instant."""
        return cls(
            id=task.id,
            list_id=task.list_id,
            parent_id=task.parent_id,
            title=task.title,
            description=task.description,
            priority=PRIORITY_NAMES[task.priority],
            labels=task.label_names.split("\n") if task.label_names else [],
            position=task.position,
            completed=task.completed_at is not None,
            completed_at=task.completed_at,
            due_date=task.due_date,
            due_at=task.due_at,
            time_zone=task.time_zone,
            start_date=task.start_date,
            recurrence=_recurrence(task),
            occurrence=task.occurrence,
            reminders_count=task.reminders_count,
            subtasks_count=task.subtasks_count,
            overdue=is_overdue(task, at=at or now()),
            version=task.version,
            created_at=task.created_at,
            updated_at=task.updated_at,
            deleted_at=task.deleted_at,
        )


PRIORITY_NAMES: dict[int, PriorityName] = {
    Priority[name].value: name for name in get_args(PriorityName)
}


def _recurrence(task: TaskRow) -> RecurrenceOut | None:
    if task.rrule is None:
        return None
    anchor: Any = task.repeat_anchor
    return RecurrenceOut(rrule=task.rrule, anchor=anchor)


def is_overdue(task: TaskRow, *, at: datetime) -> bool:
    """Tell whether a task should have been done by `at`, for whoever looks at it."""
    if task.completed_at is not None or task.deleted_at is not None:
        return False
    if task.due_at is not None:
        return task.due_at < at
    return (
        task.due_date is not None
        and task.due_date < at.astimezone(ZoneInfo(task.viewer_zone)).date()
    )
