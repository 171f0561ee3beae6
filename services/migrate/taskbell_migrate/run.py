"""Moving a database from one revision to another."""

import asyncio
from collections.abc import Callable

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from taskbell_migrate import scripts
from taskbell_migrate.errors import LockedError, MigrateError, UnknownRevisionError
from taskbell_migrate.grants import grant
from taskbell_migrate.session import Limits, alone, open_connection

log = structlog.get_logger("taskbell_migrate")

# lock_not_available and deadlock_detected: somebody else was in the way, and will not be for ever
_IN_THE_WAY = {"55P03", "40P01"}

Step = Callable[[Config], None]


async def upgrade(url: str, target: str, limits: Limits) -> None:
    """Bring the database to `target` and let the application role use it."""
    async with open_connection(url, limits) as connection, alone(connection, limits):
        await move(connection, lambda config: command.upgrade(config, target), limits)
        if await current(connection):
            await grant(connection)


async def downgrade(url: str, target: str, limits: Limits) -> None:
    """Take the database back to `target`; what only newer revisions hold is lost."""
    async with open_connection(url, limits) as connection, alone(connection, limits):
        await move(connection, lambda config: command.downgrade(config, target), limits)


async def move(connection: AsyncConnection, step: Step, limits: Limits) -> None:
    """Run `step`, a command of Alembic, each revision in its own transaction."""
    before = await current(connection)
    refuse_unknown(before)
    for attempt in range(1, limits.lock_attempts + 1):
        try:
            await connection.run_sync(lambda sync: step(scripts.config(sync)))
            break
        except CommandError as error:
            raise MigrateError(str(error)) from error
        except DBAPIError as error:
            await connection.rollback()
            if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                raise MigrateError(
                    "the migration failed, its revision is rolled back:"
                    f" {error.orig} (in: {' '.join((error.statement or '').split())[:300]})"
                ) from error
            if attempt == limits.lock_attempts:
                raise LockedError(
                    f"a table was in use in each of {attempt} attempts, each of {limits.lock:g} s"
                    f" ({error.orig}); end the transaction that uses it and try again"
                ) from error
            pause = min(2.0 ** (attempt - 1), 10.0)
            log.warning("a table is in use, trying again", attempt=attempt, pause_seconds=pause)
        await asyncio.sleep(pause)
    await connection.commit()
    after = await current(connection)
    log.info("schema ready", revision=after, moved=before != after)


async def current(connection: AsyncConnection) -> str | None:
    """Return the revision of the database, None when nothing was ever migrated."""
    found = await connection.run_sync(_heads)
    await connection.commit()
    if len(found) > 1:
        raise MigrateError(f"the database is at several revisions at once: {', '.join(found)}")
    return found[0] if found else None


def refuse_unknown(revision: str | None) -> None:
    """Raise when this build does not have `revision`: an older build must not touch the schema."""
    known = {script.revision for script in scripts.directory().walk_revisions()}
    if revision is not None and revision not in known:
        raise UnknownRevisionError(
            f"the database is at revision {revision}, which this build does not know (its newest is"
            f" {scripts.directory().get_current_head()}): it was migrated by a newer build."
            " Nothing was changed; run the newer build."
        )


def _heads(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()
