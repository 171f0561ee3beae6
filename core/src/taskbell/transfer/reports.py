"""Reading what became of imports, and forgetting it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from taskbell.clock import now
from taskbell.paging import InvalidCursorError, decode_cursor, encode_cursor
from taskbell.transfer.errors import ImportNotFoundError
from taskbell.transfer.models import TaskImport, TaskImportRow

KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Page:
    """A page of imports or of rows. `total` is known when asked for by number only."""

    items: Sequence[Any]
    total: int | None
    next_cursor: str | None


async def list_imports(
    session: AsyncSession,
    *,
    owner_id: UUID,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page:
    """Return a page of a user's imports, the newest first. Raises `InvalidCursorError`."""
    mine = [col(TaskImport.owner_id) == owner_id]
    wanted = without_file().where(*mine).order_by(col(TaskImport.id).desc())
    total = None
    if cursor is None:
        total = await session.scalar(select(func.count()).select_from(TaskImport).where(*mine))
        wanted = wanted.offset((page - 1) * per_page)
    else:
        wanted = wanted.where(col(TaskImport.id) < _last(cursor, UUID))
    found = (await session.scalars(wanted.limit(per_page + 1))).all()
    more = encode_cursor(str(found[per_page - 1].id)) if len(found) > per_page else None
    return Page(found[:per_page], total, more)


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
) -> Page:
    """Return a page of an import's report. Raises `ImportNotFoundError`, `InvalidCursorError`."""
    await get_import(session, owner_id=owner_id, import_id=import_id)
    of_it = col(TaskImportRow.import_id) == import_id
    wanted = select(TaskImportRow).where(of_it).order_by(col(TaskImportRow.number))
    total = None
    if cursor is None:
        total = await session.scalar(select(func.count()).select_from(TaskImportRow).where(of_it))
        wanted = wanted.offset((page - 1) * per_page)
    else:
        wanted = wanted.where(col(TaskImportRow.number) > _last(cursor, _number))
    found = (await session.scalars(wanted.limit(per_page + 1))).all()
    more = encode_cursor(found[per_page - 1].number) if len(found) > per_page else None
    return Page(found[:per_page], total, more)


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


def _last(cursor: str, convert: Any) -> Any:
    try:
        return convert(decode_cursor(cursor, length=1)[0])
    except (ValueError, TypeError, AttributeError):
        raise InvalidCursorError from None
