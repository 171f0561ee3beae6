"""What is written in webhook messages."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from taskbell.times import UtcInstant


class ReminderFacts(BaseModel):
    """Which reminder is due. `late_seconds`: when the message was sent first."""

    id: UUID
    fire_at: UtcInstant
    late_seconds: int


class ListFacts(BaseModel):
    """The list that a task is in."""

    id: UUID
    name: str


class TaskFacts(BaseModel):
    """A task as a webhook is told of it; `url` opens it in the browser, as far as the page can."""

    id: UUID
    title: str
    description: str
    due_at: UtcInstant | None
    due_date: date | None
    time_zone: str
    priority: str
    list: ListFacts
    url: str


class _Due(BaseModel):
    reminder: ReminderFacts
    task: TaskFacts


class _Note(BaseModel):
    message: str


class _ReminderDue(BaseModel):
    type: Literal["reminder.due"] = "reminder.due"
    timestamp: UtcInstant
    data: _Due


class _Test(BaseModel):
    type: Literal["test"] = "test"
    timestamp: UtcInstant
    data: _Note


def reminder_due(reminder: ReminderFacts, task: TaskFacts) -> str:
    """Return the body of the message that a reminder is due."""
    data = _Due(reminder=reminder, task=task)
    return _ReminderDue(timestamp=reminder.fire_at, data=data).model_dump_json()


def test(moment: datetime) -> str:
    """Return the body of a message that somebody has sent to try their webhook."""
    note = _Note(message="This is a test message from Taskbell.")
    return _Test(timestamp=moment, data=note).model_dump_json()
