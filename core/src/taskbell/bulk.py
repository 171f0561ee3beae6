"""Many rows with one statement, whose text is the same however many they are.

    _INSERT = insert_many(Delivery, "id", "job_id", "state", created_at=func.statement_timestamp())
    ...
    await session.execute(_INSERT, as_rows(_INSERT, rows))

SQLAlchemy's own bulk insert has a parameter for each value: for some hundred rows both sides are
longer busy with these than with the rows. The rows here are one parameter, a JSON array.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    ColumnElement,
    Executable,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import SQLModel

_GIVEN = "given"
_ROWS = cast(cast(bindparam("rows"), Text), JSON)  # the inner one: text is what is sent


def insert_many(model: type[SQLModel], *names: str, **computed: ColumnElement[Any]) -> Insert:
    """Return an `INSERT` of what `as_rows` makes, to which `ON CONFLICT` or `RETURNING` can be put.

    `names`: what rows have; one that a row leaves out is NULL in it, whatever the column's default.
    `computed`: columns of another value, which may be made of `given(name)`. The others have their
    default. Raises `TypeError` for one whose default is a function: all rows would have the same.
    """
    table = model.metadata.tables[str(model.__tablename__)]
    rows = (
        func.json_to_recordset(_ROWS)
        .table_valued(*(column(name, table.c[name].type) for name in names))
        .render_derived(name=_GIVEN, with_types=True)
    )
    fields: dict[str, ColumnElement[Any]] = {name: rows.c[name] for name in names} | computed
    for other in table.c:
        if other.name not in fields and other.default is not None and other.default.is_callable:
            raise TypeError(f"{other} needs a value for each row")
    chosen = select(*fields.values()).select_from(rows)
    return insert(table).from_select(list(fields), chosen).execution_options(**{_GIVEN: names})


def given(name: str) -> ColumnElement[Any]:
    """Return the value that a row has of this name, for `insert_many`."""
    return literal_column(f"{_GIVEN}.{name}")


def as_rows(statement: Executable, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameters of an `insert_many`; values as Pydantic writes them in JSON.

    Raises `TypeError` for a name that was not announced: Postgres would leave it out.
    """
    unknown = set().union(*rows).difference(statement.get_execution_options()[_GIVEN])
    if unknown:
        raise TypeError(f"not inserted: {', '.join(sorted(unknown))}")
    return {"rows": to_json(rows).decode()}
