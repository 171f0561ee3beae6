"""Imports run as the worker runs them, within the test's own transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.transfer.sources import REAL, content
from taskbell.accounts.models import User
from taskbell.lists.models import TaskList
from taskbell.tasks.models import Task
from taskbell.transfer import reports, service
from taskbell.transfer.items import Source
from taskbell.transfer.models import TaskImport, TaskImportRow


async def run(
    session: AsyncSession, owner: User, source: Source, data: bytes | str, **options: Any
) -> TaskImport:
    """Import a file to its end, part by part, and return the import."""
    raw = data.encode() if isinstance(data, str) else data
    started = await service.start_import(
        session, owner_id=owner.id, source=source, data=raw, **options
    )
    work = await service.begin(session, import_id=started.id)
    assert work is not None
    ready = service.read(work)
    while await service.import_part(session, import_id=started.id, ready=ready):
        pass
    await session.refresh(started, list(TaskImport.model_fields))
    return started


async def run_real(
    session: AsyncSession, owner: User, source: Source, **options: Any
) -> TaskImport:
    """Import the real file of a source."""
    return await run(
        session, owner, source, content(REAL[source]), filename=REAL[source], **options
    )


async def rows_of(session: AsyncSession, done: TaskImport) -> Sequence[TaskImportRow]:
    """Return the report of an import."""
    page = await reports.list_rows(session, owner_id=done.owner_id, import_id=done.id, per_page=100)
    return page.items


async def tasks_of(session: AsyncSession, owner: User) -> dict[str, Task]:
    """Return a user's tasks by their titles, in their order."""
    found = await session.scalars(
        select(Task)
        .where(col(Task.owner_id) == owner.id)
        .order_by(col(Task.position))
        .execution_options(populate_existing=True)
    )
    return {task.title: task for task in found}


async def lists_of(session: AsyncSession, owner: User) -> dict[str, TaskList]:
    """Return a user's lists by their names, in their order."""
    found = await session.scalars(
        select(TaskList)
        .where(col(TaskList.owner_id) == owner.id)
        .order_by(col(TaskList.position))
        .execution_options(populate_existing=True)
    )
    return {one.name: one for one in found}


def counts(done: TaskImport) -> tuple[int, int, int, int]:
    """Return how many rows were created, duplicates, skipped and failed."""
    return done.created, done.duplicates, done.skipped, done.failed
