"""Ordinary Pydantic models with the fields of Taskbell's answers and bodies, nothing shared."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Priority = Literal["low", "medium", "high", "urgent"]
Title = Annotated[str, Field(min_length=1, max_length=200)]


class Recurrence(BaseModel):
    """How a task repeats."""

    rrule: str
    anchor: Literal["schedule", "completion"]


class TaskOut(BaseModel):
    """A task."""

    id: UUID
    list_id: UUID
    parent_id: UUID | None
    title: str
    description: str
    priority: Priority
    labels: list[str]
    position: str
    completed: bool
    completed_at: datetime | None
    due_date: date | None
    due_at: datetime | None
    time_zone: str
    start_date: date | None
    recurrence: Recurrence | None
    occurrence: str | None
    reminders_count: int
    subtasks_count: int
    overdue: bool
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class PageOut(BaseModel):
    """A page of tasks."""

    items: list[TaskOut]
    total: int | None
    page: int | None
    per_page: int
    pages: int | None
    next_cursor: str | None


class UserOut(BaseModel):
    """An account."""

    id: UUID
    email: str
    email_verified: bool
    pending_email: str | None
    name: str
    role: Literal["user", "admin"]
    time_zone: str
    locale: str
    week_start: str
    has_password: bool
    version: int
    created_at: datetime
    updated_at: datetime


class TaskCreate(BaseModel):
    """A new task."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    description: Annotated[str, Field(max_length=10_000)] = ""
    priority: Priority = "medium"
    due_date: date | None = None
    due_at: datetime | None = None
    time_zone: str | None = None
    start_date: date | None = None


class TaskPatch(BaseModel):
    """What changes."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    priority: Priority | None = None
