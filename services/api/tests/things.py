"""Things that operations are about, where not any will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operations import NEW_TASK, Operation

if TYPE_CHECKING:
    from .conftest import Person


async def task_for(person: Person, operation: Operation) -> dict[str, Any]:
    """Make a task, without reminders, that an operation finds something to do with."""
    fields: dict[str, Any] = dict(NEW_TASK)
    if operation.path.endswith(("/skip", "/occurrences", "/completions")):
        fields["recurrence"] = {"rrule": "FREQ=DAILY"}
    task = await person.task(**fields)
    if operation.path.endswith("/undo"):
        await person.patch(f"/tasks/{task['id']}", json={"title": "Water them again"})
    return task
