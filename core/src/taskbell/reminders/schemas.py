"""What requests and responses about reminders look like."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from taskbell.ids import ClientId
from taskbell.times import Instant, UtcInstant

Channel = Literal["email"]
Offset = Annotated[
    int,
    Field(
        strict=True, ge=0, le=527_040, description="Minutes before the task is due; a year at most."
    ),
]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=1)]

_EITHER = PydanticCustomError("one_time", "give either offset_minutes or at")


class ReminderCreate(BaseModel):
    """A new reminder: `offset_minutes` before the due time, or `at` an instant.

    A task that is due on a date counts as due at 09:00 of that date in its time zone.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"offset_minutes": 30, "channels": ["email"]}]},
    )

    id: ClientId | None = None
    offset_minutes: Offset | None = None
    at: Instant | None = None
    channels: Channels = Field(default=["email"])

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.offset_minutes is None) == (self.at is None):
            raise _EITHER
        return self


class ReminderPatch(BaseModel):
    """A new time or channels; a new time of the other kind replaces the old one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"offset_minutes": 60}]}
    )

    offset_minutes: Offset | None = None
    at: Instant | None = None
    channels: Channels | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        times = [self.offset_minutes, self.at]
        named = self.model_fields_set & {"offset_minutes", "at"}
        if None not in times or (named and times == [None, None]):
            raise _EITHER
        return self


class ReminderOut(BaseModel):
    """A reminder. `next_fire_at` is null when there is nothing left to wait for."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    task_id: UUID
    offset_minutes: int | None
    at: UtcInstant | None
    channels: list[Channel]
    state: Literal["scheduled", "fired", "snoozed", "cancelled"]
    next_fire_at: UtcInstant | None
    last_fire_at: UtcInstant | None
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant


class DeliveryOut(BaseModel):
    """One attempt to deliver a reminder.

    `planned` waits; `sending` is on its way; `sent` was taken by the mail server; `failed` was
    refused or could not connect; `unknown` was cut off before the server's answer and is tried
    again while attempts are left; `skipped` was no longer wanted. `late_seconds`: how long after
    `fire_at` it was sent (after the change, where one put it into the past).
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    reminder_id: UUID
    channel: Channel
    attempt: int
    state: Literal["planned", "sending", "sent", "failed", "unknown", "skipped"]
    fire_at: UtcInstant
    planned_at: UtcInstant
    started_at: UtcInstant | None
    finished_at: UtcInstant | None
    late_seconds: int | None
    response: str | None
