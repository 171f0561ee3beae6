"""What requests and responses about notifications look like."""

from datetime import time
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from taskbell.notifications.channels import Channel
from taskbell.times import UtcInstant

MOST_MINUTES = 527_040


def _distinct(value: list[Channel]) -> list[Channel]:
    if len(set(value)) != len(value):
        raise PydanticCustomError("channels", "name each channel once")
    return value


Channels = Annotated[list[Channel], Field(min_length=1, max_length=4), AfterValidator(_distinct)]


def _clock_time(value: object) -> object:
    # Pydantic would also take seconds, fractions and offsets
    if isinstance(value, time):
        return value
    if isinstance(value, str) and len(value) == 5 and value.isascii() and value[2] == ":":
        hour, minute = value[:2], value[3:]
        if hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60:
            return time(int(hour), int(minute))
    raise PydanticCustomError("clock_time", "must be a time of day such as 07:30")


def _written(value: time) -> str:
    return value.strftime("%H:%M")


ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]
"""A time of day to the minute, `HH:MM`."""

_EXAMPLE: dict[str, Any] = {
    "default_channels": ["email", "in_app"],
    "default_reminder_minutes": 30,
    "all_day_time": "09:00",
    "quiet_start": "22:00",
    "quiet_end": "07:00",
    "digest_enabled": True,
    "digest_time": "07:00",
}


class PreferencesPatch(BaseModel):
    """What to change; an absent field is untouched, null clears."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    default_channels: Channels | None = Field(
        None, description="Of new reminders that name none; null brings back e-mail and in_app."
    )
    default_reminder_minutes: Annotated[int, Field(strict=True, ge=0, le=MOST_MINUTES)] | None = (
        Field(None, description="Before new tasks with a due time; null is no reminder.")
    )
    all_day_time: ClockTime | None = Field(
        None, description="When a task that is due on a date counts as due; null is 09:00."
    )
    quiet_start: ClockTime | None = Field(None, description="Together with `quiet_end`, or null.")
    quiet_end: ClockTime | None = None
    digest_enabled: Annotated[bool, Field(strict=True)] | None = None
    digest_time: ClockTime | None = Field(None, description="Null is 07:00.")


class PreferencesOut(BaseModel):
    """How somebody wishes to be told; times of day are in the time zone of their profile."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"examples": [{**_EXAMPLE, "version": 3}]}
    )

    default_channels: list[Channel]
    default_reminder_minutes: int | None
    all_day_time: ClockTime
    quiet_start: ClockTime | None = Field(
        description="Between the two, e-mail and push wait, but for urgent tasks."
    )
    quiet_end: ClockTime | None
    digest_enabled: bool
    digest_time: ClockTime
    version: int


class NotificationOut(BaseModel):
    """Something one is told inside Taskbell."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Literal["reminder", "test", "push_gone", "webhook_disabled"]
    title: str
    body: str
    task_id: UUID | None = Field(description="Null once the task is deleted for good.")
    reminder_id: UUID | None
    fire_at: UtcInstant | None = Field(description="When the reminder was due.")
    late_seconds: int | None
    created_at: UtcInstant
    read_at: UtcInstant | None


class UnreadCount(BaseModel):
    """How many notifications are unread."""

    unread: int = Field(examples=[3])


class ReadAll(BaseModel):
    """How many notifications were marked as read just now."""

    read: int = Field(examples=[3])
