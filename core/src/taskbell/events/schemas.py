"""What live streams say."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from taskbell.times import UtcInstant

Kind = Literal[
    "task",
    "list",
    "label",
    "filter",
    "reminder",
    "delivery",
    "notification",
    "preferences",
    "account",
    "webhook",
    "push_subscription",
    "feed",
    "import",
]
Action = Literal["created", "updated", "deleted"]


class ChangeOut(BaseModel):
    """Something that changed: a reference to it, none of its contents."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "task",
                    "id": "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a001",
                    "action": "updated",
                    "version": 7,
                    "at": "2026-11-20T09:00:00Z",
                }
            ]
        },
    )

    kind: Kind
    id: UUID
    action: Action
    version: int | None = Field(description="Of the thing by then, if it has versions.")
    at: UtcInstant
