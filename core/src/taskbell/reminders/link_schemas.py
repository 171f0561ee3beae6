"""What requests and answers about the links in reminders' mails look like."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from taskbell.accounts.schemas import LinkToken
from taskbell.reminders.links import Outcome, State
from taskbell.times import UtcInstant

Minutes = Annotated[int, Field(strict=True, ge=1, le=40_320, description="Four weeks at most.")]

_MINUTES = PydanticCustomError("minutes", "give minutes to snooze, and only then")


class ReminderLink(BaseModel):
    """The token of a link in a reminder's mail."""

    model_config = ConfigDict(extra="forbid")

    token: LinkToken


class ReminderLinkUse(BaseModel):
    """What to do with what the mail was about."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"token": "mS0n3Tq0mC1dQk4c6wZy8tYxN2vB5hJ7", "action": "snooze", "minutes": 60}
            ]
        },
    )

    token: LinkToken
    action: Literal["done", "snooze"]
    minutes: Minutes | None = None

    @model_validator(mode="after")
    def _minutes_to_snooze(self) -> Self:
        if (self.action == "snooze") != (self.minutes is not None):
            raise _MINUTES
        return self


class LinkedTaskOut(BaseModel):
    """What a link is about, as it is now.

    `moved_on`: the task stands for another occurrence by now. `gone`: it is in the trash.
    """

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "Water the plants",
                    "due_at": "2029-11-20T09:30:00Z",
                    "due_date": None,
                    "time_zone": "Europe/Zurich",
                    "state": "open",
                    "fire_at": "2029-11-20T09:00:00Z",
                    "sent_at": "2029-11-20T09:00:01Z",
                }
            ]
        },
    )

    title: str
    due_at: UtcInstant | None
    due_date: date | None
    time_zone: str
    state: State
    fire_at: UtcInstant = Field(description="The moment of the reminder.")
    sent_at: UtcInstant = Field(description="When the mail left.")


class LinkUsedOut(BaseModel):
    """What came of it. `already_done`: it was done before, and nothing was changed."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [{"outcome": "done", "title": "Water the plants", "snoozed_until": None}]
        },
    )

    outcome: Outcome
    title: str
    snoozed_until: UtcInstant | None
