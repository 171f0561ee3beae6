"""Reading tasks: filters, sorts and the two ways of paging."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Double,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.labels.models import Label
from taskbell.labels.names import name_key
from taskbell.lists.models import TaskList
from taskbell.paging import InvalidCursorError, Page, decode_cursor, encode_cursor
from taskbell.statements import Executor, Statement
from taskbell.tasks.models import Priority
from taskbell.tasks.rows import TASK, TaskRow, columns
from taskbell.tasks.words import search_query

SortName = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "due", "-due",
    "priority", "-priority", "title", "-title", "position", "-position",
]  # fmt: skip
DEFAULT_SORT: SortName = "-created_at"
BEST_FIRST = "-rank"


@dataclass(frozen=True)
class TaskFilter:
    """What to list.

    `due_before` (exclusive) and `due_after` (inclusive) are pairs: the instant, and the date that
    all-day tasks are compared with, None for that of the instant in the owner's zone. `labels`: has
    all of these. `parent_id`: a direct subtask of it, "none" for one of no task. `archived`: in an
    archived list, or not; None for either.
    """

    status: Literal["all", "pending", "completed"] = "all"
    priority: str | None = None
    list_id: UUID | None = None
    labels: tuple[str, ...] = ()
    parent_id: UUID | Literal["none"] | None = None
    due_before: tuple[datetime, date | None] | None = None
    due_after: tuple[datetime, date | None] | None = None
    overdue: bool | None = None
    has_due: bool | None = None
    repeating: bool | None = None
    archived: bool | None = None
    trashed: bool = False
    q: str | None = None


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    value.encode()
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 32767:
        raise ValueError
    return value


def _instant(value: Any) -> datetime:
    # into UTC: it overflows here rather than in the driver
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError
    return parsed.astimezone(UTC)


@dataclass(frozen=True)
class _Sort:
    key: ColumnElement[Any]
    parse: Callable[[Any], Any]
    nullable: bool = False


_OWNER = bindparam("owner_id", type_=Uuid())
_WORDS = bindparam("words", type_=String())
_TSQUERY = func.to_tsquery(literal_column("'simple'"), _WORDS)
_SORTS = {
    "created_at": _Sort(TASK.c.created_at, _instant),
    "updated_at": _Sort(TASK.c.updated_at, _instant),
    "due": _Sort(TASK.c.due_sort, _instant, nullable=True),
    "priority": _Sort(TASK.c.priority, _number),
    "title": _Sort(func.lower(TASK.c.title), _text),
    "position": _Sort(TASK.c.position, _text),
    "rank": _Sort(cast(func.ts_rank(TASK.c.search, _TSQUERY), Double), float),
}


def _searches(wanted: TaskFilter) -> bool:
    return bool(wanted.q and wanted.q.strip())


@dataclass(frozen=True)
class _Shape:
    """All of a query but its values: there is one statement for each."""

    status: str
    priority: bool
    list_id: bool
    due_before: bool
    due_after: bool
    overdue: bool | None
    labels: int
    parent: Literal["task", "none"] | None
    has_due: bool | None
    repeating: bool | None
    archived: bool | None
    trashed: bool
    search: bool
    sort: str
    start: Literal["number", "value", "null"]
    """Where the page starts: at a row number, behind a value, or behind a NULL."""

    @property
    def order(self) -> _Sort:
        return _SORTS[self.sort.removeprefix("-")]

    @property
    def has_nulls(self) -> bool:
        """Whether there may be rows without a key: those that are due have one."""
        due = self.due_before or self.due_after or self.overdue or self.has_due
        return self.order.nullable and not due

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")


def _shape(wanted: TaskFilter, sort: str, start: Literal["number", "value", "null"]) -> _Shape:
    return _Shape(
        status=wanted.status,
        priority=wanted.priority is not None,
        list_id=wanted.list_id is not None,
        due_before=wanted.due_before is not None,
        due_after=wanted.due_after is not None,
        overdue=wanted.overdue,
        labels=len(wanted.labels),
        parent="task" if isinstance(wanted.parent_id, UUID) else wanted.parent_id,
        has_due=wanted.has_due,
        repeating=wanted.repeating,
        archived=wanted.archived,
        trashed=wanted.trashed,
        search=_searches(wanted),
        sort=sort,
        start=start,
    )


def _values(owner_id: UUID, wanted: TaskFilter) -> dict[str, Any]:
    values: dict[str, Any] = {"owner_id": owner_id}
    if wanted.priority is not None:
        values["priority"] = Priority[wanted.priority]
    if wanted.list_id is not None:
        values["list_id"] = wanted.list_id
    if isinstance(wanted.parent_id, UUID):
        values["parent_id"] = wanted.parent_id
    values |= {f"label_{number}": name_key(name) for number, name in enumerate(wanted.labels)}
    if wanted.due_before is not None:
        values["before"], values["before_day"] = wanted.due_before
    if wanted.due_after is not None:
        values["after"], values["after_day"] = wanted.due_after
    if wanted.overdue is not None:
        values["moment"] = now()
    if wanted.q and _searches(wanted):
        values["words"] = search_query(wanted.q)
    return values


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    task = TASK.c
    conditions: list[ColumnElement[bool]] = [
        task.owner_id == _OWNER,
        task.deleted_at.is_not(None) if shape.trashed else task.deleted_at.is_(None),
    ]
    if shape.status != "all":
        done = shape.status == "completed"
        conditions.append(task.completed_at.is_not(None) if done else task.completed_at.is_(None))
    if shape.priority:
        conditions.append(task.priority == bindparam("priority"))
    if shape.list_id:
        conditions.append(task.list_id == bindparam("list_id"))
    conditions += _places(shape)
    if shape.has_due is not None:
        conditions.append(task.due_sort.is_not(None) == shape.has_due)
    if shape.repeating is not None:
        conditions.append(task.rrule.is_not(None) == shape.repeating)
    if shape.due_before:
        instant, day = _instant_and_day("before")
        conditions.append(or_(task.due_at < instant, task.due_date < day))
    if shape.due_after:
        instant, day = _instant_and_day("after")
        conditions.append(or_(task.due_at >= instant, task.due_date >= day))
    if shape.overdue is not None:
        conditions.append(_LATE if shape.overdue else ~_LATE)
    if shape.search:
        conditions.append(task.search.op("@@")(_TSQUERY))
    return conditions


_ARCHIVED = select(col(TaskList.id)).where(
    col(TaskList.owner_id) == _OWNER, col(TaskList.archived_at).is_not(None)
)
# written as the indexes have them
_LABELLED = literal_column("task.label_names <> ''", Boolean())
_LABELS = literal_column("string_to_array(task.label_names, chr(10))", ARRAY(String))


def _places(shape: _Shape) -> list[ColumnElement[bool]]:
    task = TASK.c
    conditions: list[ColumnElement[bool]] = []
    if shape.labels:
        names = [
            select(cast(col(Label.name), Text))
            .where(col(Label.owner_id) == _OWNER, col(Label.name_key) == bindparam(f"label_{one}"))
            .scalar_subquery()
            for one in range(shape.labels)
        ]
        # a label that there is not is NULL, which nothing contains
        conditions += [_LABELLED, _LABELS.contains(array(names))]
    if shape.parent == "task":
        conditions.append(task.parent_id == bindparam("parent_id"))
    elif shape.parent == "none":
        conditions.append(task.parent_id.is_(None))
    if shape.archived is not None:
        archived = task.list_id.in_(_ARCHIVED)
        conditions.append(archived if shape.archived else ~archived)
    return conditions


_ABBREVIATIONS = {
    "CET": "Europe/Brussels", "EET": "Europe/Athens", "MET": "Europe/Brussels",
    "WET": "Europe/Lisbon",
}  # fmt: skip
"""Zones that Postgres takes for abbreviations, which know no summer time; IANA (2024b) has them as
other names of these."""


def _day_in(zone: ColumnElement[str], instant: ColumnElement[datetime]) -> ColumnElement[date]:
    known = case(_ABBREVIATIONS, value=zone, else_=zone)
    return cast(func.timezone(known, instant), Date)


def _instant_and_day(name: str) -> tuple[ColumnElement[datetime], ColumnElement[date]]:
    instant = bindparam(name, type_=Timestamp())
    given = bindparam(f"{name}_day", type_=Date())
    zone = cast(col(User.time_zone), String)
    # a subquery of its own: worked out once, not for each task
    day = select(func.coalesce(given, _day_in(zone, instant))).where(col(User.id) == _OWNER)
    return instant, day.scalar_subquery()


_MOMENT = bindparam("moment", type_=Timestamp())
_TODAY = (
    select(_day_in(cast(col(User.time_zone), String), _MOMENT))
    .where(col(User.id) == _OWNER)
    .scalar_subquery()
)
_LATE: ColumnElement[bool] = and_(  # as `schemas.is_overdue` has it
    TASK.c.completed_at.is_(None),
    TASK.c.deleted_at.is_(None),
    func.coalesce(
        or_(TASK.c.due_at < _MOMENT, TASK.c.due_date < _TODAY),
        false(),
    ),
)


class _Found(NamedTuple):
    task: TaskRow
    sort_key: Any
    total: int | None


def _found(*row: Any) -> _Found:
    return _Found(TaskRow(*row[:-2]), row[-2], row[-1])


_MOST = bindparam("most", type_=Integer())
_SKIPPED = bindparam("skipped", type_=BigInteger())


@lru_cache(maxsize=1024)
def _page_statement(shape: _Shape) -> Statement[_Found]:
    conditions, key = _conditions(shape), shape.order.key
    total: Any = null()
    if shape.start == "number":
        total = _count(conditions).scalar_subquery().correlate(None)
    rows = select(*columns("owner_id"), key.label("sort_key")).where(live.lives(), *conditions)
    if shape.start == "null":
        rows = rows.where(key.is_(None), _behind_id(shape))
    elif shape.has_nulls and (shape.start == "value" or shape.descending):
        return Statement(_two_parts(shape, rows, total), into=_found)
    elif shape.start == "value":
        rows = rows.where(_behind(shape))
    rows = rows.add_columns(total.label("total"))
    rows = rows.order_by(*_ordered(shape, key, TASK.c.id)).limit(_MOST)
    return Statement(rows.offset(_SKIPPED) if shape.start == "number" else rows, into=_found)


def _two_parts(shape: _Shape, rows: Select[Any], total: Any) -> Select[Any]:
    """Return rows with a key, then those without: an index has only one of them in order."""
    key = shape.order.key
    some = rows.where(_behind(shape) if shape.start == "value" else key.is_not(None))
    none = rows.where(key.is_(None))
    most = _MOST + _SKIPPED if shape.start == "number" else _MOST
    parts = [part.order_by(*_ordered(shape, key, TASK.c.id)).limit(most) for part in (some, none)]
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    by_key, by_id = _ordered(shape, found.c.sort_key, found.c.id)
    page = select(found, total.label("total")).order_by(by_key.nulls_last(), by_id).limit(_MOST)
    return page.offset(_SKIPPED) if shape.start == "number" else page


def _ordered(shape: _Shape, key: Any, id_: Any) -> list[Any]:
    """Return the order as the index has it, forwards or backwards: by the key also where that is
    NULL in every row, or they would be sorted."""
    if shape.descending:
        return [key.desc(), id_.desc()]
    return [key.asc(), id_.asc()]


@lru_cache(maxsize=1024)
def _count_statement(shape: _Shape) -> Statement[int]:
    return Statement(_count(_conditions(shape)), into=int)


def _count(conditions: list[ColumnElement[bool]]) -> Select[int]:
    return select(func.count()).select_from(TASK).where(*conditions)


def _behind(shape: _Shape) -> ColumnElement[bool]:
    """Rows behind (value, id) in the order of the sort."""
    key = shape.order.key
    pair = tuple_(key, TASK.c.id)
    last = tuple_(bindparam("last_key", type_=key.type), bindparam("last_id", type_=Uuid()))
    return pair < last if shape.descending else pair > last


def _behind_id(shape: _Shape) -> ColumnElement[bool]:
    last_id = bindparam("last_id", type_=Uuid())
    return TASK.c.id < last_id if shape.descending else TASK.c.id > last_id


def _cursor(sort: str, last: _Found) -> str:
    key = last.sort_key
    return encode_cursor(
        sort, key.isoformat() if isinstance(key, datetime) else key, str(last.task.id)
    )


def _position(sort: str, cursor: str) -> tuple[Any, UUID]:
    """Return the last key and id of the page before. Raises `InvalidCursorError`."""
    name, plain, task_id = decode_cursor(cursor, length=3)
    order = _SORTS[sort.removeprefix("-")]
    try:
        if name != sort or (plain is None and not order.nullable):
            raise ValueError
        return None if plain is None else order.parse(plain), UUID(task_id)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise InvalidCursorError from None


async def list_tasks(
    executor: Executor,
    *,
    owner_id: UUID,
    session_id: UUID | None = None,
    wanted: TaskFilter,
    sort: SortName | None = None,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[TaskRow]:
    """Return one page: by `cursor` (without a total), else by number. One statement.

    Raises `InvalidCursorError`, and `SessionEndedError` for a `session_id` that has ended. Without
    `sort` a search is ranked, else the newest come first.
    """
    order = sort or (BEST_FIRST if _searches(wanted) else DEFAULT_SORT)
    values = _values(owner_id, wanted)
    if cursor is not None:
        last_key, last_id = _position(order, cursor)
        shape = _shape(wanted, order, "null" if last_key is None else "value")
        place = {"last_id": last_id} | ({} if last_key is None else {"last_key": last_key})
    else:
        shape = _shape(wanted, order, "number")
        place = {"skipped": (page - 1) * per_page}
    found = await _page_statement(shape).all(
        executor, **values, **place, session_id=session_id, most=per_page + 1
    )
    total = found[0].total if found else None
    if not found:
        await live.check(executor, session_id=session_id)
    if not found and cursor is None:  # no row to carry the total
        total = 0 if page == 1 else await _count_statement(shape).first(executor, **values)
    more = len(found) > per_page
    return Page(
        [one.task for one in found[:per_page]],
        total,
        _cursor(order, found[per_page - 1]) if more else None,
    )
