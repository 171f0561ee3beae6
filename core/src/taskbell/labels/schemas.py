"""What requests and responses about labels look like."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from taskbell.colors import Color
from taskbell.ids import ClientId
from taskbell.labels.models import Label
from taskbell.text import Line
from taskbell.times import UtcInstant


def _no_sign(value: str) -> str:
    # it is what marks a label, or a list, in the text of quick add
    if value.startswith(("@", "#")):
        raise PydanticCustomError("label_sign", "must not begin with @ or #")
    return value


LabelName = Annotated[Line, StringConstraints(max_length=60), AfterValidator(_no_sign)]


class LabelCreate(BaseModel):
    """A new label. `id` may be made by the client (UUIDv7), so that a repeat is noticed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "errands", "color": "#1f77b4"}]}
    )

    id: ClientId | None = None
    name: LabelName
    color: Color | None = None


class LabelPatch(BaseModel):
    """Fields to change: an absent one is untouched, null clears the color."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "town"}]})

    name: LabelName = Field(default="", validate_default=False)
    color: Color | None = None


class LabelOut(BaseModel):
    """A label."""

    id: UUID
    name: str
    color: str | None
    tasks_count: int = Field(description="Its pending tasks.")
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant

    @classmethod
    def of(cls, label: Label, *, tasks_count: int) -> Self:
        """Return the public form of `label`."""
        return cls(tasks_count=tasks_count, **label.model_dump(exclude={"owner_id", "name_key"}))
