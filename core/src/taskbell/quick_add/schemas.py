"""What requests and responses about quick add look like."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from taskbell.quick_add.model import Kind, Parsed, Priority
from taskbell.tasks.schemas import RecurrenceOut, TaskOut
from taskbell.text import Line
from taskbell.times import UtcInstant

MOST_CHARACTERS = 500
Offset = Annotated[int, Field(ge=0, le=MOST_CHARACTERS, strict=True)]


class QuickAdd(BaseModel):
    """A line of text that says what is to be done, when, where and how often."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "Pay rent every month on the 1st at 9am #Home @bills p1 !30m"}]
        },
    )

    text: Annotated[Line, Field(max_length=MOST_CHARACTERS)]
    list_id: UUID | None = Field(None, description="Where it goes unless the text names a list.")
    parent_id: UUID | None = None
    dry_run: bool = Field(False, description="Only say what it would become.")
    ignore: list[tuple[Offset, Offset]] = Field(
        default=[],
        max_length=100,
        description="Parts of the text, as [start, end) in code points, that are title and nothing "
        "else.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(start >= end for start, end in self.ignore):
            raise PydanticCustomError("empty_span", "each part must end after its start")
        return self


class SpanOut(BaseModel):
    """A part of the text that was understood."""

    model_config = ConfigDict(from_attributes=True)

    start: int = Field(description="In code points of the text.")
    end: int
    text: str
    kind: Kind
    value: str = Field(description="What it was taken for.")


class ParsedReminder(BaseModel):
    """A reminder: minutes before the due time, or at an instant."""

    offset_minutes: int | None = None
    at: UtcInstant | None = None


class ParsedOut(BaseModel):
    """What a text was understood as."""

    title: str
    spans: list[SpanOut]
    due_date: date | None
    due_at: UtcInstant | None
    start_date: date | None
    time_zone: str
    recurrence: RecurrenceOut | None
    priority: Priority | None
    list_id: UUID | None
    labels: list[str]
    reminders: list[ParsedReminder]

    @classmethod
    def of(cls, parsed: Parsed, *, zone: str) -> Self:
        """Return the public form of what was understood."""
        return cls(
            title=parsed.title,
            spans=[SpanOut.model_validate(one) for one in parsed.spans],
            due_date=parsed.due_date,
            due_at=parsed.due_at,
            start_date=parsed.start_date,
            time_zone=zone,
            recurrence=None
            if parsed.rrule is None
            else RecurrenceOut(rrule=parsed.rrule, anchor=parsed.anchor),
            priority=parsed.priority,
            list_id=parsed.list_id,
            labels=list(parsed.labels),
            reminders=[
                ParsedReminder(offset_minutes=one)
                if isinstance(one, int)
                else ParsedReminder(at=one)
                for one in parsed.reminders
            ],
        )


class QuickOut(BaseModel):
    """The task that was added, and how its text was understood."""

    task: TaskOut | None = Field(description="Null for a `dry_run`.")
    parsed: ParsedOut
