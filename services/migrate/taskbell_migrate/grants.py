"""What the role of the API and the worker may do: change rows, nothing else."""

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

APP_ROLE = "taskbell_app"

log = structlog.get_logger("taskbell_migrate")

_STATEMENTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    # the revision is migrate's alone: the others only look whether it is theirs
    "REVOKE ALL ON alembic_version FROM {role}",
    "GRANT SELECT ON alembic_version TO {role}",
    # tables of later revisions are usable in the moment their revision commits
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)


async def grant(connection: AsyncConnection, role: str = APP_ROLE) -> bool:
    """Let `role` use the tables; return False when there is no such role, or when we are it."""
    found = await connection.execute(
        text(
            "SELECT quote_ident(current_schema()), quote_ident(rolname), rolname = current_user"
            " FROM pg_roles WHERE rolname = :role"
        ),
        {"role": role},
    )
    row = found.one_or_none()
    if row is None or row[2]:
        await connection.commit()
        log.info("no privileges granted", role=role, why="we are it" if row else "no such role")
        return False
    for statement in _STATEMENTS:
        await connection.execute(text(statement.format(schema=row[0], role=row[1])))
    await connection.commit()
    log.info("privileges granted", role=role)
    return True
