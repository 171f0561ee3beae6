"""Run by Alembic for each of its commands, be it ours or typed by hand."""

import asyncio
from typing import Any

import structlog
from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import Connection

from taskbell import logs, settings
from taskbell.models import METADATA
from taskbell_migrate.autogenerate import COMPARE, name_revision, render_item
from taskbell_migrate.session import Limits, alone, open_connection

log = structlog.get_logger("taskbell_migrate")


def applied(ctx: Any, step: MigrationInfo, heads: Any, run_args: Any) -> None:
    """Log a revision that was run; its transaction commits right after this."""
    verb = "upgrading" if step.is_upgrade else "downgrading"
    log.info(verb, revision=step.up_revision_id)


def migrate(connection: Connection) -> None:
    """Run what was asked for, each revision in a transaction of its own."""
    # one for all would hold the locks of the first revision until the end of the last
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        transaction_per_migration=True,
        on_version_apply=applied,
        process_revision_directives=name_revision,
        render_item=render_item,
        **COMPARE,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_by_hand() -> None:
    """Open the connection ourselves: `alembic` was called, not `python -m taskbell_migrate`."""
    loaded = settings.load(settings.DatabaseSettings)
    logs.configure("migrate", level=loaded.log_level, form=loaded.log_format)
    limits = Limits()
    url = loaded.database_url.get_secret_value()
    async with open_connection(url, limits) as connection, alone(connection, limits):
        await connection.run_sync(migrate)


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=METADATA, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(migrate_by_hand())
