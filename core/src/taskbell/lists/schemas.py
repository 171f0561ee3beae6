"""What requests and responses about lists look like."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from taskbell.colors import Color
from taskbell.ids import ClientId
from taskbell.lists.models import TaskList
from taskbell.text import Line
from taskbell.times import UtcInstant

ListName = Annotated[Line, StringConstraints(max_length=100)]


class ListCreate(BaseModel):
    """A new list. `id` may be made by the client (UUIDv7), so that a repeat is noticed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Home", "color": "#1f77b4"}]}
    )

    id: ClientId | None = None
    name: ListName
    color: Color | None = None


class ListPatch(BaseModel):
    """Fields to change: an absent one is untouched, null clears the color."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"archived": True}]})

    name: ListName = Field(default="", validate_default=False)
    color: Color | None = None
    archived: Annotated[bool, Field(strict=True, description="Its tasks are out of sight.")] = False


class ListMove(BaseModel):
    """Where a list goes: behind another one, or before it; to the end when neither is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"after_id": "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a002"}]},
    )

    after_id: UUID | None = None
    before_id: UUID | None = None

    @model_validator(mode="after")
    def _one_neighbour(self) -> Self:
        if self.after_id is not None and self.before_id is not None:
            raise PydanticCustomError("one_neighbour", "give either after_id or before_id")
        return self


class ListOut(BaseModel):
    """A list."""

    id: UUID
    name: str
    color: str | None
    is_inbox: bool
    archived: bool
    position: str = Field(description="Its place in the order: compare these byte by byte.")
    pending_count: int = Field(description="Its pending tasks.")
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant
    deleted_at: UtcInstant | None

    @classmethod
    def of(cls, task_list: TaskList, *, pending_count: int) -> Self:
        """Return the public form of a list."""
        return cls(
            archived=task_list.archived_at is not None,
            pending_count=pending_count,
            **task_list.model_dump(exclude={"owner_id", "archived_at"}),
        )
