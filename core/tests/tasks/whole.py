"""What must be true of all tasks in a database, whatever was done to them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.lists.models import TaskList
from taskbell.tasks.models import Task
from taskbell.tasks.tree import MOST_LEVELS


async def check_whole(session: AsyncSession) -> Sequence[Task]:
    """Check every task, live or trashed; return them all."""
    found = select(Task).execution_options(populate_existing=True)
    tasks = (await session.scalars(found)).all()
    lists = {one.id: one for one in await session.scalars(select(TaskList))}
    by_id = {one.id: one for one in tasks}
    live: dict[UUID | None, int] = {}
    for task in tasks:
        if task.deleted_at is None:
            live[task.parent_id] = live.get(task.parent_id, 0) + 1
    for task in tasks:
        assert task.subtasks_count == live.get(task.id, 0), f"{task.title}: subtasks_count"
        assert (task.deleted_at is None) == (task.trash_id is None), f"{task.title}: trash_id"
        level = _level(task, by_id)
        if task.deleted_at is not None:
            continue
        assert level <= MOST_LEVELS, f"{task.title}: too deep"
        assert lists[task.list_id].deleted_at is None, f"{task.title}: its list is in the trash"
        parent = by_id.get(task.parent_id) if task.parent_id else None
        if parent is not None:
            assert parent.deleted_at is None, f"{task.title}: its parent is in the trash"
            assert parent.list_id == task.list_id, f"{task.title}: its parent is elsewhere"
            assert parent.owner_id == task.owner_id, f"{task.title}: its parent is a stranger's"
    return tasks


def _level(task: Task, by_id: dict[UUID, Task]) -> int:
    level, above = 1, task
    while above.parent_id is not None:
        above, level = by_id[above.parent_id], level + 1
        assert level <= len(by_id), f"{task.title}: a circle"
    return level
