"""Reading tasks: filters, sorts and the two ways of paging."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Double, Select, and_, cast, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.paging import InvalidCursorError, decode_cursor, encode_cursor
from taskbell.tasks.models import Priority, Task

SortName = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "due", "-due",
    "priority", "-priority", "title", "-title",
]  # fmt: skip
DEFAULT_SORT: SortName = "-created_at"


@dataclass(frozen=True)
class TaskFilter:
    """What to list. `today` is the viewer's date: all-day tasks are compared with it.

    `due_before` (exclusive) and `due_after` (inclusive) are pairs: the instant, and the date that
    all-day tasks are compared with.
    """

    status: Literal["all", "pending", "completed"] = "all"
    priority: str | None = None
    list_id: UUID | None = None
    due_before: tuple[datetime, date] | None = None
    due_after: tuple[datetime, date] | None = None
    overdue: bool | None = None
    today: date | None = None
    trashed: bool = False
    q: str | None = None


@dataclass(frozen=True)
class Page:
    """One page of tasks. `total` is known when asked for by number only."""

    items: list[Task]
    total: int | None
    next_cursor: str | None


@dataclass(frozen=True)
class _Sort:
    name: str
    key: ColumnElement[Any]
    descending: bool
    parse: Callable[[Any], Any]
    nullable: bool = False


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    value.encode()
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 32767:
        raise ValueError
    return value


def _sort(name: str | None, search: ColumnElement[Any] | None) -> _Sort:
    if name is None and search is not None:
        rank = cast(func.ts_rank(col(Task.search), search), Double)
        return _Sort("rank", rank, True, float)
    name = name or DEFAULT_SORT
    plain, descending = name.removeprefix("-"), name.startswith("-")
    keys: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "created_at": (col(Task.created_at), datetime.fromisoformat),
        "updated_at": (col(Task.updated_at), datetime.fromisoformat),
        "due": (col(Task.due_sort), datetime.fromisoformat),
        "priority": (col(Task.priority), _number),
        "title": (func.lower(col(Task.title)), _text),
    }
    key, parse = keys[plain]
    return _Sort(name, key, descending, parse, nullable=plain == "due")


MOST_WORDS, LONGEST_WORD = 50, 100
"""Of a search; Postgres refuses words past 2046 bytes."""


def _tsquery(q: str) -> ColumnElement[Any]:
    # each word as typed so far: the last letters may still be missing
    words = [word.replace("'", " ").replace("\\", " ").strip() for word in q.split()[:MOST_WORDS]]
    prefixes = " & ".join(f"'{word[:LONGEST_WORD]}':*" for word in words if word)
    return func.to_tsquery("simple", prefixes)


def _conditions(owner_id: UUID, wanted: TaskFilter) -> list[ColumnElement[bool]]:
    due_at, due_date = col(Task.due_at), col(Task.due_date)
    completed_at, deleted_at = col(Task.completed_at), col(Task.deleted_at)
    conditions: list[ColumnElement[bool]] = [
        col(Task.owner_id) == owner_id,
        deleted_at.is_not(None) if wanted.trashed else deleted_at.is_(None),
    ]
    if wanted.status != "all":
        done = wanted.status == "completed"
        conditions.append(completed_at.is_not(None) if done else completed_at.is_(None))
    if wanted.priority is not None:
        conditions.append(col(Task.priority) == Priority[wanted.priority])
    if wanted.list_id is not None:
        conditions.append(col(Task.list_id) == wanted.list_id)
    if wanted.due_before is not None:
        instant, day = wanted.due_before
        conditions.append(or_(due_at < instant, due_date < day))
    if wanted.due_after is not None:
        instant, day = wanted.due_after
        conditions.append(or_(due_at >= instant, due_date >= day))
    if wanted.overdue is not None:
        late = and_(
            completed_at.is_(None),
            func.coalesce(or_(due_at < now(), due_date < wanted.today), false()),
        )
        conditions.append(late if wanted.overdue else ~late)
    if wanted.q and wanted.q.strip():
        conditions.append(col(Task.search).op("@@")(_tsquery(wanted.q)))
    return conditions


def _after(sort: _Sort, value: Any, task_id: UUID) -> ColumnElement[bool]:
    """Rows behind (value, id) in the order of `sort`; NULLs come last either way."""
    key, id_ = sort.key, col(Task.id)
    if value is None:
        return and_(key.is_(None), id_ < task_id if sort.descending else id_ > task_id)
    pair, mark = tuple_(key, id_), tuple_(value, task_id)
    behind = pair < mark if sort.descending else pair > mark
    return or_(behind, key.is_(None)) if sort.nullable else behind


def _mark(sort: _Sort, value: Any, task_id: UUID) -> str:
    plain = value.isoformat() if isinstance(value, datetime) else value
    return encode_cursor(sort.name, plain, str(task_id))


def _position(sort: _Sort, cursor: str) -> tuple[Any, UUID]:
    name, plain, task_id = decode_cursor(cursor, length=3)
    try:
        if name != sort.name or (plain is None and not sort.nullable):
            raise ValueError
        value = None if plain is None else sort.parse(plain)
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError
            value = value.astimezone(UTC)  # overflows here rather than in the driver
        return value, UUID(task_id)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise InvalidCursorError from None


async def list_tasks(
    session: AsyncSession,
    *,
    owner_id: UUID,
    wanted: TaskFilter,
    sort: SortName | None = None,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page:
    """Return one page: by `cursor` (one statement, no total), else by number (two).

    Raises `InvalidCursorError`. Without `sort` a search is ranked, else the newest come first.
    """
    conditions = _conditions(owner_id, wanted)
    order = _sort(sort, _tsquery(wanted.q) if wanted.q and wanted.q.strip() else None)
    directed = order.key.desc() if order.descending else order.key.asc()
    by_id = col(Task.id).desc() if order.descending else col(Task.id).asc()
    statement: Select[Any] = (
        select(Task, order.key.label("sort_key"))
        .where(*conditions)
        .order_by(directed.nulls_last() if order.nullable else directed, by_id)
        .limit(per_page + 1)
    )
    total = None
    if cursor is not None:
        statement = statement.where(_after(order, *_position(order, cursor)))
    else:
        total = await session.scalar(select(func.count()).select_from(Task).where(*conditions))
        statement = statement.offset((page - 1) * per_page)
    rows = (await session.execute(statement)).all()
    next_cursor = None
    if len(rows) > per_page:
        last = rows[per_page - 1]
        next_cursor = _mark(order, last.sort_key, last.Task.id)
    return Page([row.Task for row in rows[:per_page]], total, next_cursor)
