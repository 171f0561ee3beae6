"""Many operations on tasks at once: all of them, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.clock import now
from taskbell.errors import TaskbellError
from taskbell.locks import lock_tasks_of
from taskbell.tasks import completion, moving, service, trash
from taskbell.tasks.rows import TaskRow, read_many
from taskbell.tasks.schemas import Move, OccurrenceKey, Skip, TaskCreate, TaskPatch

MOST_OPERATIONS = 100
Version = Annotated[int, Field(ge=1, lt=2**31, strict=True)]


class _Operation(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreateOperation(_Operation):
    """Adds a task; give it an `id` to use it in what follows."""

    op: Literal["create"]
    task: TaskCreate


class UpdateOperation(_Operation):
    """Merges a patch into a task."""

    op: Literal["update"]
    id: UUID
    patch: TaskPatch
    if_version: Version | None = None


class CompleteOperation(_Operation):
    """Completes a task, or takes that back."""

    op: Literal["complete"]
    id: UUID
    completed: Annotated[bool, Field(strict=True)] = True
    occurrence: OccurrenceKey | None = None
    subtasks: completion.Subtasks = "keep"
    if_version: Version | None = None


class SkipOperation(Skip):
    """Skips an occurrence of a repeating task."""

    op: Literal["skip"]
    id: UUID
    if_version: Version | None = None


class MoveOperation(Move):
    """Puts a task somewhere else."""

    op: Literal["move"]
    id: UUID
    if_version: Version | None = None


class DeleteOperation(_Operation):
    """Moves a task to the trash, or deletes it for good."""

    op: Literal["delete"]
    id: UUID
    permanent: Annotated[bool, Field(strict=True)] = False
    if_version: Version | None = None


class RestoreOperation(_Operation):
    """Takes a task out of the trash."""

    op: Literal["restore"]
    id: UUID
    if_version: Version | None = None


AnyOperation = Annotated[
    CreateOperation
    | UpdateOperation
    | CompleteOperation
    | SkipOperation
    | MoveOperation
    | DeleteOperation
    | RestoreOperation,
    Field(discriminator="op"),
]


class Batch(BaseModel):
    """Operations, done in this order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "operations": [
                        {"op": "create", "task": {"title": "Pay the rent"}},
                        {
                            "op": "complete",
                            "id": "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a003",
                            "completed": True,
                        },
                    ]
                }
            ]
        },
    )

    operations: Annotated[list[AnyOperation], Field(min_length=1, max_length=MOST_OPERATIONS)]


@dataclass(frozen=True)
class Result:
    """What became of one operation: `status` as its own request would have answered."""

    op: str
    id: UUID
    status: int
    task: TaskRow | None


async def run(
    session: AsyncSession,
    *,
    owner_id: UUID,
    operations: Sequence[AnyOperation],
    via: str,
    asked_at: datetime | None = None,
) -> list[Result]:
    """Do all operations in order; the results show the tasks as they are at the end.

    `asked_at`: an occurrence that another request did since then is not followed by the next one.
    Raises what the first one that fails raises, with its place before the names of its fields; the
    caller's transaction must then not be committed.
    """
    asked_at = asked_at or now()
    await lock_tasks_of(session, owner_id=owner_id)
    moved: set[UUID] = set()
    done: list[tuple[AnyOperation, UUID]] = []
    for number, operation in enumerate(operations):
        try:
            if isinstance(operation, (CompleteOperation, SkipOperation)):
                await _move_on(
                    session, owner_id, operation, via, None if operation.id in moved else asked_at
                )
                moved.add(operation.id)  # once more in this batch is meant
                done.append((operation, operation.id))
            else:
                done.append((operation, await _run(session, owner_id, operation, via)))
        except TaskbellError as error:
            _place(error, number, operation.op)
            raise
    tasks = await read_many(session, owner_id=owner_id, task_ids=[one for _, one in done])
    return [_result(operation, task_id, tasks.get(task_id)) for operation, task_id in done]


async def _run(
    session: AsyncSession,
    owner_id: UUID,
    operation: CreateOperation
    | UpdateOperation
    | MoveOperation
    | DeleteOperation
    | RestoreOperation,
    via: str,
) -> UUID:
    match operation:
        case CreateOperation(task=new):
            return (await service.create_task(session, owner_id=owner_id, new=new)).id
        case UpdateOperation(patch=patch):
            await service.update_task(
                session,
                owner_id=owner_id,
                task_id=operation.id,
                patch=patch,
                if_version=operation.if_version,
                via=via,
            )
        case MoveOperation():
            await moving.move_task(
                session,
                owner_id=owner_id,
                task_id=operation.id,
                to=operation,
                if_version=operation.if_version,
                via=via,
            )
        case _:
            await _trash_or_restore(session, owner_id, operation, via)
    return operation.id


async def _move_on(
    session: AsyncSession,
    owner_id: UUID,
    operation: CompleteOperation | SkipOperation,
    via: str,
    asked_at: datetime | None,
) -> None:
    if isinstance(operation, SkipOperation):
        await completion.skip_occurrence(
            session,
            owner_id=owner_id,
            task_id=operation.id,
            occurrence=operation.occurrence,
            asked_at=asked_at,
            if_version=operation.if_version,
            via=via,
        )
        return
    await completion.set_completed(
        session,
        owner_id=owner_id,
        task_id=operation.id,
        completed=operation.completed,
        occurrence=operation.occurrence,
        subtasks=operation.subtasks,
        asked_at=asked_at,
        if_version=operation.if_version,
        via=via,
    )


async def _trash_or_restore(
    session: AsyncSession,
    owner_id: UUID,
    operation: DeleteOperation | RestoreOperation,
    via: str,
) -> None:
    which: dict[str, Any] = {"task_id": operation.id, "if_version": operation.if_version}
    if isinstance(operation, RestoreOperation):
        await trash.restore_task(session, owner_id=owner_id, via=via, **which)
    elif operation.permanent:
        await trash.delete_task(session, owner_id=owner_id, **which)
    else:
        await trash.trash_task(session, owner_id=owner_id, via=via, **which)


def _place(error: TaskbellError, number: int, op: str) -> None:
    """Say which operation an error is about."""
    here = f"body.operations.{number}"
    inner = {"create": ".task", "update": ".patch"}.get(op, "")
    for one in error.errors:
        one["field"] = here + inner + one["field"].removeprefix("body")
    if not error.errors:
        error.errors = [{"field": here, "message": error.detail, "type": error.code}]


def _result(operation: AnyOperation, task_id: UUID, task: TaskRow | None) -> Result:
    statuses = {"create": 201, "delete": 204}
    shown = None if isinstance(operation, DeleteOperation) else task
    return Result(operation.op, task_id, statuses.get(operation.op, 200), shown)
