"""What requests and responses about saved filters look like."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from taskbell.colors import Color
from taskbell.ids import ClientId
from taskbell.tasks.parameters import TaskParameters
from taskbell.text import Line
from taskbell.times import UtcInstant

FilterName = Annotated[Line, StringConstraints(max_length=100)]


class FilterCreate(BaseModel):
    """A new filter. `id` may be made by the client (UUIDv7), so that a repeat is noticed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "This week", "query": {"status": "pending", "due_before": "+7d"}}]
        },
    )

    id: ClientId | None = None
    name: FilterName
    color: Color | None = None
    query: TaskParameters = Field(description="Parameters of `GET /tasks`.")


class FilterPatch(BaseModel):
    """Fields to change: an absent one is untouched, null clears the color.

    A `query` replaces the one before as a whole.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"query": {"priority": "urgent"}}]}
    )

    name: FilterName = Field(default="", validate_default=False)
    color: Color | None = None
    query: TaskParameters = Field(default_factory=TaskParameters)


class FilterOut(BaseModel):
    """A saved filter."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    color: str | None
    query: dict[str, Any] = Field(
        description="Parameters of `GET /tasks`: those that were given when it was saved."
    )
    position: str = Field(description="Its place in the order: compare these byte by byte.")
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant
