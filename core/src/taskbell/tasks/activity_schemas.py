"""What happened to a task, as it is shown: public names of fields, only those that changed."""

from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from taskbell.tasks.activity import INSTANTS, column_value
from taskbell.tasks.models import Task, TaskActivity
from taskbell.tasks.schemas import PRIORITY_NAMES
from taskbell.times import UtcInstant, to_wire

_SAME = (
    "title", "description", "list_id", "parent_id", "position", "completed_at", "due_date",
    "due_at", "time_zone", "start_date", "occurrence", "deleted_at",
)  # fmt: skip


class ActorOut(BaseModel):
    """Who made a change."""

    user_id: UUID
    via: str | None = Field(
        description="`session`, `api_token`, `sign_in_service`, `mail_link`, `import` or `system`; "
        "null when nobody kept it."
    )


class ActivityOut(BaseModel):
    """One change of a task."""

    version: int = Field(description="The version of the task that it led to.")
    action: Literal[
        "created", "updated", "completed", "reopened", "skipped", "moved", "deleted", "restored",
        "undone",
    ]  # fmt: skip
    by: ActorOut
    at: UtcInstant
    before: dict[str, Any] = Field(description="The fields that changed, as they were.")
    after: dict[str, Any] = Field(description="The same fields, as they became.")
    undone: bool = Field(description="It was taken back.")

    @classmethod
    def of(cls, activity: TaskActivity) -> Self:
        """Return the public form of a change."""
        action: Any = activity.action
        # a patch may say what was so already
        changed = [
            name for name in activity.before if activity.before[name] != activity.after[name]
        ]
        before, after = (
            {name: columns[name] for name in changed}
            for columns in (activity.before, activity.after)
        )
        return cls(
            version=activity.version,
            action=action,
            by=ActorOut(user_id=activity.actor_id, via=activity.via),
            at=activity.at,
            before=_fields(before),
            after=_fields(after),
            undone=activity.undone_at is not None,
        )

    @classmethod
    def creation(cls, task: Task) -> Self:
        """Return the first thing that happened to a task."""
        return cls(
            version=1,
            action="created",
            by=ActorOut(user_id=task.owner_id, via=None),
            at=task.created_at,
            before={},
            after={},
            undone=False,
        )


def _wire(name: str, value: Any) -> Any:
    return to_wire(column_value(name, value)) if value and name in INSTANTS else value


def _fields(columns: dict[str, Any]) -> dict[str, Any]:
    """Return columns by their public names; what is nobody's business is left out."""
    fields = {name: _wire(name, columns[name]) for name in _SAME if name in columns}
    if "priority" in columns:
        fields["priority"] = PRIORITY_NAMES[columns["priority"]]
    if "label_names" in columns:
        names = columns["label_names"]
        fields["labels"] = names.split("\n") if names else []
    if "rrule" in columns:
        fields["rrule"] = columns["rrule"]
    if "repeat_anchor" in columns:
        fields["anchor"] = columns["repeat_anchor"]
    return fields
