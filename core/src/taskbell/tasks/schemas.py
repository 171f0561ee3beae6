"""What requests and responses about tasks look like."""

import re
from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from taskbell.clock import now
from taskbell.ids import ClientId
from taskbell.tasks.models import Priority, Task
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


Title = Annotated[Line, StringConstraints(max_length=200)]
Description = Annotated[Text, Field(max_length=10_000)]
Date = Annotated[date, BeforeValidator(_plain_date), AfterValidator(_date_in_range)]

_EXAMPLE: JsonDict = {
    "title": "Pay the rent",
    "description": "Standing order *and* receipt",
    "priority": "high",
    "due_at": "2030-01-31T09:00:00Z",
    "time_zone": "Europe/Zurich",
}


class TaskPut(BaseModel):
    """All fields of a task: what is absent takes its default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    title: Title
    description: Description = ""
    priority: PriorityName = "medium"
    list_id: UUID | None = Field(None, description="The inbox when absent.")
    due_date: Date | None = Field(None, description="All day: the date stays the date everywhere.")
    due_at: Instant | None = Field(None, description="An instant. Excludes `due_date`.")
    time_zone: TimeZone | None = Field(None, description="IANA; yours when absent.")
    start_date: Date | None = None


class TaskCreate(TaskPut):
    """A new task. `id` may be made by the client (UUIDv7), so that a repeat is noticed."""

    id: ClientId | None = None


class TaskPatch(BaseModel):
    """Fields to change: an absent one is untouched, null clears."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"priority": "urgent", "due_at": None}]}
    )

    title: Title = Field(default="", validate_default=False)
    description: Description | None = None
    priority: PriorityName | None = None
    list_id: UUID | None = None
    due_date: Date | None = None
    due_at: Instant | None = None
    time_zone: TimeZone | None = None
    start_date: Date | None = None


class Completion(BaseModel):
    """Sets the state; without a body the state toggles."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"completed": True}]})

    completed: Annotated[bool, Field(strict=True)]


class TaskOut(BaseModel):
    """A task."""

    id: UUID
    list_id: UUID
    title: str
    description: str
    priority: PriorityName
    completed: bool
    completed_at: UtcInstant | None
    due_date: date | None
    due_at: UtcInstant | None
    time_zone: str
    start_date: date | None
    reminders_count: int
    overdue: bool = Field(description="Pending, and its due time (or date, in its zone) is past.")
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant
    deleted_at: UtcInstant | None

    @classmethod
    def of(cls, task: Task | TaskRow, *, at: datetime | None = None) -> Self:
        """Return the public form of `task`, as seen at an instant."""
        return cls(
            id=task.id,
            list_id=task.list_id,
            title=task.title,
            description=task.description,
            priority=_PRIORITY_NAMES[task.priority],
            completed=task.completed_at is not None,
            completed_at=task.completed_at,
            due_date=task.due_date,
            due_at=task.due_at,
            time_zone=task.time_zone,
            start_date=task.start_date,
            reminders_count=task.reminders_count,
            overdue=is_overdue(task, at=at or now()),
            version=task.version,
            created_at=task.created_at,
            updated_at=task.updated_at,
            deleted_at=task.deleted_at,
        )


_PRIORITY_NAMES: dict[int, PriorityName] = {
    Priority[name].value: name for name in get_args(PriorityName)
}


def is_overdue(task: Task | TaskRow, *, at: datetime) -> bool:
    """Tell whether a task should have been done by `at`."""
    if task.completed_at is not None or task.deleted_at is not None:
        return False
    if task.due_at is not None:
        return task.due_at < at
    return (
        task.due_date is not None and task.due_date < at.astimezone(ZoneInfo(task.time_zone)).date()
    )
