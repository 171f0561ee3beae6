"""What parsers make of a file: lists, labels and tasks, whatever program wrote them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from taskbell.transfer.errors import ImportTooLargeError

MOST_ITEMS = 20_000
"""Tasks of one file."""

MOST_LIST_NAME = 100

Source = Literal["todoist", "trello", "vikunja", "google_tasks", "taskbell"]
PriorityName = Literal["low", "medium", "high", "urgent"]
Anchor = Literal["schedule", "completion"]
WeekStart = Literal["monday", "saturday", "sunday"]


@dataclass(frozen=True)
class Context:
    """What a file cannot say: when it is read, its name, and how its owner writes dates.

    `time_zone`: IANA. `locale`: a language tag.
    """

    at: datetime
    time_zone: str
    filename: str = ""
    week_start: WeekStart = "monday"
    locale: str = "en"


@dataclass(frozen=True)
class ImportedReminder:
    """`offset_minutes` before the due time, or `at` an instant."""

    offset_minutes: int | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class ImportedRecurrence:
    """A rule of RFC 5545; whether it is valid is not known yet."""

    rrule: str
    anchor: Anchor = "schedule"


@dataclass(frozen=True)
class ImportedSeries:
    """Where a repeating task stands: the slots it began with and is at, and the number of this."""

    start: str
    occurrence: str
    number: int


@dataclass(frozen=True)
class ImportedCompletion:
    """An occurrence that was done, or skipped, at an instant."""

    occurrence: str
    outcome: Literal["completed", "skipped"]
    due_date: date | None
    due_at: datetime | None
    at: datetime


@dataclass
class ImportedList:
    """A list of the file, by its `key` there."""

    key: str
    name: str
    color: str | None = None
    archived: bool = False
    is_inbox: bool = False
    deleted_at: datetime | None = None


@dataclass(frozen=True)
class ImportedLabel:
    """A label of the file that has a colour."""

    name: str
    color: str | None = None


@dataclass
class ImportedItem:
    """One task of the file.

    `number` counts from 1 in the file. `key` names it for good: imported again it is known by it.
    `list_key` None: the file does not say. `kept`: what has no field here, and goes on below the
    description. `trash_key`: the task or list whose deletion took it along. `outcome` is set where
    nothing is to be imported; a message says why.
    """

    number: int
    key: str
    title: str = ""
    description: str = ""
    priority: PriorityName = "medium"
    list_key: str | None = None
    parent_key: str | None = None
    labels: list[str] = field(default_factory=list)
    due_date: date | None = None
    due_at: datetime | None = None
    time_zone: str | None = None
    start_date: date | None = None
    recurrence: ImportedRecurrence | None = None
    series: ImportedSeries | None = None
    completions: list[ImportedCompletion] = field(default_factory=list)
    completed_at: datetime | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    trash_key: str | None = None
    reminders: list[ImportedReminder] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    outcome: Literal["skipped", "failed"] | None = None

    def say(self, message: str) -> None:
        """Tell its owner something about this row, once."""
        if message not in self.messages:
            self.messages.append(message)

    def keep(self, name: str, value: str) -> None:
        """Keep a value that no field takes, below the description."""
        if value.strip():
            self.kept.append(f"{name}: {value.strip()}")

    def leave(self, outcome: Literal["skipped", "failed"], why: str) -> None:
        """Import nothing of it."""
        self.outcome = outcome
        self.say(why)


@dataclass
class ImportedFile:
    """All of a file, parents before their subtasks, siblings in their order.

    `verbatim`: its descriptions are as they were written here, and stay so.
    """

    lists: list[ImportedList] = field(default_factory=list)
    labels: list[ImportedLabel] = field(default_factory=list)
    items: list[ImportedItem] = field(default_factory=list)
    verbatim: bool = False

    def add(self, key: str) -> ImportedItem:
        """Add a task and return it. Raises `ImportTooLargeError`."""
        if len(self.items) >= MOST_ITEMS:
            raise ImportTooLargeError(
                f"This file holds more than {MOST_ITEMS:,} tasks: please divide it."
            )
        item = ImportedItem(number=len(self.items) + 1, key=key)
        self.items.append(item)
        return item
