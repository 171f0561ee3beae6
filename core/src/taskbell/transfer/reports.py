"""Reading what became of imports, and forgetting it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from taskbell.clock import now
from taskbell.paging import Page, page_by_key
from taskbell.transfer.errors import ImportNotFoundError
from taskbell.transfer.models import TaskImport, TaskImportRow

KEPT = timedelta(days=30)


async def list_imports(
    session: AsyncSession,
    *,
    owner_id: UUID,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[TaskImport]:
    """Return a page of a user's imports, the newest first. Raises `InvalidCursorError`."""
    return await page_by_key(
        session,
        without_file(),
        col(TaskImport.owner_id) == owner_id,
        key=col(TaskImport.id),
        page=page,
        per_page=per_page,
        cursor=cursor,
    )


async def get_import(session: AsyncSession, *, owner_id: UUID, import_id: UUID) -> TaskImport:
    """Return an import. Raises `ImportNotFoundError`."""
    found = await session.scalar(without_file().where(*_one(owner_id, import_id)))
    if found is None:
        raise ImportNotFoundError
    return found


async def list_rows(
    session: AsyncSession,
    *,
    owner_id: UUID,
    import_id: UUID,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[TaskImportRow]:
    """Return a page of an import's report. Raises `ImportNotFoundError`, `InvalidCursorError`."""
    await get_import(session, owner_id=owner_id, import_id=import_id)
    return await page_by_key(
        session,
        select(TaskImportRow),
        col(TaskImportRow.import_id) == import_id,
        key=col(TaskImportRow.number),
        parse=_number,
        ascending=True,
        page=page,
        per_page=per_page,
        cursor=cursor,
    )


async def delete_import(session: AsyncSession, *, owner_id: UUID, import_id: UUID) -> None:
    """Forget an import and its report; one that runs stops. Tasks stay.

    Raises `ImportNotFoundError`.
    """
    gone = await session.scalar(
        delete(TaskImport)
        .where(*_one(owner_id, import_id))
        .returning(col(TaskImport.id))
        .execution_options(synchronize_session=False)
    )
    if gone is None:
        raise ImportNotFoundError


async def prune_imports(session: AsyncSession) -> None:
    """Forget imports that ended `KEPT` ago, with their reports."""
    await session.execute(
        delete(TaskImport)
        .where(col(TaskImport.finished_at) < now() - KEPT)
        .execution_options(synchronize_session=False)
    )


def without_file() -> Select[TaskImport]:
    """Return how imports are read: their files stay where they are."""
    return select(TaskImport).options(defer(TaskImport.file, raiseload=True))  # type: ignore[arg-type]


def _one(owner_id: UUID, import_id: UUID) -> list[ColumnElement[bool]]:
    return [col(TaskImport.id) == import_id, col(TaskImport.owner_id) == owner_id]


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError("not the number of a row")
    return value
