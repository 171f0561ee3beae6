"""`check`: do the models, the revisions and the number the API and the worker ask for agree?"""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from taskbell.models import METADATA
from taskbell.schema import SCHEMA_REVISION
from taskbell_migrate import scripts
from taskbell_migrate.autogenerate import COMPARE
from taskbell_migrate.catalog import Catalog, describe, differences
from taskbell_migrate.run import current
from taskbell_migrate.scratch import migrated, modelled
from taskbell_migrate.session import Limits, open_connection


async def check(url: str, limits: Limits) -> list[str]:
    """Return what does not agree; nothing in the database is changed but for a moment."""
    heads = scripts.directory().get_heads()
    found = check_heads(heads)
    if len(heads) != 1:
        return found  # there is no one schema to compare with
    async with modelled(url, limits) as connection:
        by_models = await describe(connection)
    async with migrated(url, limits) as connection:
        changes = differences("revisions", await describe(connection), "models", by_models)
        if not changes:  # Postgres's own words are complete; Alembic is asked in case it knows more
            changes = [f"alembic sees: {c}" for c in await connection.run_sync(compare_models)]
    found += changes
    return found + await check_database(url, limits, by_models)


def check_heads(heads: list[str]) -> list[str]:
    """Return what is wrong with the newest revision of this build."""
    if len(heads) != 1:
        return [f"there must be one newest revision, there are {len(heads)}: {', '.join(heads)}"]
    if heads[0] != SCHEMA_REVISION:
        return [f"SCHEMA_REVISION is {SCHEMA_REVISION}, the newest revision is {heads[0]}"]
    return []


async def check_database(url: str, limits: Limits, by_models: Catalog) -> list[str]:
    """Compare the database itself too when it is at this build's revision (else it may differ)."""
    async with open_connection(url, limits) as connection:
        if await current(connection) != SCHEMA_REVISION:
            return []
        return differences("database", await describe(connection), "models", by_models)


def compare_models(connection: Connection) -> list[Any]:
    """Return the operations Alembic would write to get from the database to the models."""
    changes: list[Any] = []
    for change in compare_metadata(MigrationContext.configure(connection, opts=COMPARE), METADATA):
        changes += change if isinstance(change, list) else [change]
    return changes
