"""Statements for hot paths: written with the tables, compiled once, run on asyncpg without the ORM.

    _GET = Statement(select(*columns).where(task.c.id == bindparam("id")), into=TaskRow)
    ...
    row = await _GET.first(database, id=task_id)

Why, and where not to: docs/decisions/0005-hot-paths-without-the-orm.md.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import ARRAY, Boolean, Executable, Float
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType, TypeEngine

from taskbell.db import Database

T = TypeVar("T")

Executor = Database | AsyncSession
"""A statement given a database is a transaction of its own; in a session it is part of that one."""

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Statement(Generic[T]):
    """One SQL statement with named parameters; `into` makes a row of its columns, in their order.

    Raises `TypeError` for a column or parameter whose type SQLAlchemy would convert (JSON): on
    asyncpg nobody would.
    """

    def __init__(self, clause: Executable, *, into: Callable[..., T]) -> None:
        compiled = clause.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        _check_types(compiled)
        self.sql = str(compiled)
        self._clause = clause
        self._into = into
        self._order: list[str] = list(compiled.positiontup or ())
        self._constants = {
            name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
        }
        self.names = frozenset(self._order) - self._constants.keys()

    async def all(self, executor: Executor, **values: Any) -> list[T]:
        """Run it and return its rows. Raises `TypeError` for a parameter too few or too many."""
        arguments = self.arguments(values)
        if isinstance(executor, Database):
            rows: Any = await executor.fetch(self.sql, *arguments)
        else:
            rows = await executor.execute(self._clause, values)
        return [self._into(*row) for row in rows]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return what stands for `$1`, `$2`, … in `sql`. Raises `TypeError` as `all` does."""
        if values.keys() != self.names:
            raise TypeError(f"the parameters are {sorted(self.names)}, not {sorted(values)}")
        known = {**self._constants, **values}
        return [known[name] for name in self._order]

    async def first(self, executor: Executor, **values: Any) -> T | None:
        """Run it and return its first row, or None."""
        rows = await self.all(executor, **values)
        return rows[0] if rows else None


def _check_types(compiled: SQLCompiler) -> None:
    for bind, name in compiled.bind_names.items():
        if bind.expanding:
            raise TypeError(f"parameter {name} is a list: use = ANY(...)")
        if _plain(bind.type).bind_processor(_DIALECT) is not None:
            raise TypeError(f"parameter {name} has a type that SQLAlchemy converts: {bind.type!r}")
    for column in compiled._result_columns:  # noqa: SLF001 (there is no public way to them)
        if _plain(column.type).result_processor(_DIALECT, None) is not None:
            raise TypeError(f"column {column.keyname} has a type that SQLAlchemy converts")


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, ARRAY):
        item = _plain(kind.item_type)
        converts = item.bind_processor(_DIALECT) or item.result_processor(_DIALECT, None)
        return kind.dialect_impl(_DIALECT) if converts else NullType()
    # these only check what they are given
    return NullType() if isinstance(kind, (Boolean, Float)) else kind.dialect_impl(_DIALECT)
