"""What responses about imports look like."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from taskbell.times import UtcInstant
from taskbell.transfer.items import Source


class ImportOut(BaseModel):
    """An import, and how far it is.

    `done` rows of `total` were dealt with; each is one of `created`, `duplicates`, `skipped` and
    `failed`. Of a dry run these are what they would become.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    source: Source
    filename: str
    dry_run: bool
    list_id: UUID | None = Field(description="The list that everything goes to.")
    state: Literal["queued", "running", "done", "failed"]
    total: int | None = Field(description="Null until the file is read.")
    done: int
    created: int
    duplicates: int = Field(description="They are there already, from an earlier import.")
    skipped: int = Field(description="There was nothing to import in them; the row says why.")
    failed: int
    error: str | None = Field(description="Why it failed as a whole.")
    created_at: UtcInstant
    finished_at: UtcInstant | None


class ImportRowOut(BaseModel):
    """What became of one task of the file."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(description="Its place in the file, from 1.")
    title: str
    outcome: Literal["created", "duplicate", "skipped", "failed"]
    task_id: UUID | None = Field(description="The task it became, or is; it may be deleted since.")
    messages: list[str] = Field(description="What could not be taken over as it was.")
