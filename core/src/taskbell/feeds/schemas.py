"""What requests and responses about calendar feeds look like."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from taskbell.text import Line
from taskbell.times import UtcInstant

FeedName = Annotated[Line, StringConstraints(max_length=100)]


class FeedCreate(BaseModel):
    """A new feed: of all tasks, or of a list or a saved filter.

    It goes with its list or filter, so that it never shows more than what it was made for.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Phone"}]})

    name: FeedName = Field(description="Also the calendar's name.")
    filter_id: UUID | None = None
    list_id: UUID | None = None
    alarms: Annotated[bool, Field(strict=True, description="With the reminders as alarms.")] = True

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.filter_id is not None and self.list_id is not None:
            raise PydanticCustomError("one_source", "give filter_id or list_id, not both")
        return self


class FeedOut(BaseModel):
    """A feed. `last_used_at` is exact to ten minutes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    filter_id: UUID | None
    list_id: UUID | None
    alarms: bool
    created_at: UtcInstant
    last_used_at: UtcInstant | None


class NewFeedOut(FeedOut):
    """A feed that was just made, with its address."""

    url: str = Field(description="For the calendar program. Not shown again: whoever has it reads.")
