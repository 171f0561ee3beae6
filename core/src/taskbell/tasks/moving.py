"""Moving tasks: to another list, below another task, next to a sibling."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.clock import now
from taskbell.locks import lock_tasks_of
from taskbell.tasks import tree
from taskbell.tasks.activity import Operation
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import Move
from taskbell.tasks.service import lock_task


async def move_task(
    session: AsyncSession,
    *,
    owner_id: UUID,
    task_id: UUID,
    to: Move,
    if_version: int | None = None,
    via: str = "system",
) -> Task:
    """Put a task somewhere else, with its subtasks, and give it its place among its siblings.

    Raises `TaskNotFoundError`, `TaskChangedError`, `ListNotFoundError`, `ListArchivedError`,
    `ParentNotFoundError`, `ParentCycleError`, `TooDeepError`, `ParentInOtherListError`,
    `NotASiblingError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    operation = Operation(owner_id, via, now(), "moved")
    task = await lock_task(session, owner_id=owner_id, task_id=task_id, if_version=if_version)
    operation.watch(task)
    await tree.place(
        session,
        operation,
        task,
        list_id=tree.ABSENT if to.list_id is None else to.list_id,
        parent_id=to.parent_id if "parent_id" in to.model_fields_set else tree.ABSENT,
    )
    await tree.put_next_to(session, task, after_id=to.after_id, before_id=to.before_id)
    await operation.finish(session)
    return task
