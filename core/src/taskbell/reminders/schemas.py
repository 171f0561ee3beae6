"""What requests and responses about reminders look like."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator
from pydantic_core import PydanticCustomError

from taskbell.ids import ClientId
from taskbell.notifications.channels import Channel
from taskbell.notifications.schemas import Channels
from taskbell.reminders.words import in_words
from taskbell.times import Instant, UtcInstant

Offset = Annotated[
    int,
    Field(
        strict=True, ge=0, le=527_040, description="Minutes before the task is due; a year at most."
    ),
]
MOST_SNOOZE = 40_320
"""Minutes."""

_EITHER = PydanticCustomError("one_time", "give either offset_minutes or at")


class ReminderCreate(BaseModel):
    """A new reminder: `offset_minutes` before the due time, or `at` an instant.

    A task that is due on a date counts as due at your time for such tasks (09:00 unless you chose
    another one), in its time zone.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"offset_minutes": 30, "channels": ["email"]}]},
    )

    id: ClientId | None = None
    offset_minutes: Offset | None = None
    at: Instant | None = None
    channels: Channels | None = Field(None, description="Your default channels when absent.")

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


class Snooze(BaseModel):
    """For how long, or until when."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"minutes": 10}]})

    minutes: Annotated[int, Field(strict=True, ge=1, le=MOST_SNOOZE)] | None = Field(
        None, description="Four weeks at most."
    )
    until: Instant | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.minutes is None) == (self.until is None):
            raise PydanticCustomError("one_time", "give either minutes or until")
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
    snoozed_until: UtcInstant | None
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant


class DeliveryOut(BaseModel):
    """One attempt to deliver a reminder.

    `planned` waits; `sending` is on its way; `sent` was taken by the mail server, the push service
    or the webhook, or shown in Taskbell; `failed` was refused or could not connect; `unknown` was
    cut off before the answer and is tried again while attempts are left; `skipped` was no longer
    wanted. `late_seconds`: how long after
    `fire_at` it was sent (after the change, where one put it into the past).
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    reminder_id: UUID
    channel: Channel
    target: str | None = Field(description="The host of a webhook, or the names of devices.")
    attempt: int
    state: Literal["planned", "sending", "sent", "failed", "unknown", "skipped"]
    fire_at: UtcInstant
    planned_at: UtcInstant
    started_at: UtcInstant | None
    finished_at: UtcInstant | None
    late_seconds: int | None
    response: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def summary(self) -> str:
        """What became of it, in one sentence."""
        return in_words(
            self.channel, self.state, target=self.target, late_seconds=self.late_seconds,
            response=self.response,
        )  # fmt: skip
