"""The schema revision this build needs.

`services/migrate` holds the revisions; `make check` fails when its head is not this one. It stands
here because the API and the worker must know it without importing Alembic.
"""

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

SCHEMA_REVISION = "20261121_1251"


class SchemaMismatchError(RuntimeError):
    """The database is at another revision than this build needs."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        state = f"at revision {found}" if found else "empty"
        super().__init__(
            f"the database schema is {state}, this build needs {SCHEMA_REVISION}: run the migrate "
            "service of the same build (`make migrate`, or `docker compose run --rm migrate`)"
        )


async def check_schema(connection: AsyncConnection) -> None:
    """Raise `SchemaMismatchError` unless the database is at `SCHEMA_REVISION`."""
    try:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError:  # no such table: nothing was ever migrated
        raise SchemaMismatchError(None) from None
    if found != SCHEMA_REVISION:
        raise SchemaMismatchError(found)
