"""`revision`: writes the difference between the models and the newest revision to a new file."""

import re
from importlib.util import find_spec
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import Script

import taskbell.schema
from taskbell_migrate import scripts
from taskbell_migrate.errors import MigrateError
from taskbell_migrate.scratch import migrated
from taskbell_migrate.session import Limits

log = structlog.get_logger("taskbell_migrate")


async def revise(url: str, message: str, limits: Limits) -> Path:
    """Write a new revision and ask the API and the worker for it; return its file."""
    if {"site-packages", "dist-packages"} & set(scripts.VERSIONS.parts):
        raise MigrateError(
            "revisions are written in a source checkout, this is an installed package"
        )
    made: list[Script | None] = []

    def write(config: Config) -> None:
        tidy(config)
        script = command.revision(config, message, autogenerate=True)
        made.extend(script if isinstance(script, list) else [script])

    async with migrated(url, limits) as connection:
        await connection.run_sync(lambda sync: write(scripts.config(sync)))
    if not made or made[0] is None:
        raise MigrateError("Alembic wrote no revision")
    require(made[0].revision, Path(taskbell.schema.__file__))
    return Path(made[0].path)


def tidy(config: Config) -> None:
    """Let ruff format the new file where it is installed."""
    if find_spec("ruff"):
        for name, value in {
            "hooks": "ruff",
            "ruff.type": "module",
            "ruff.module": "ruff",
            "ruff.options": "format --quiet REVISION_SCRIPT_FILENAME",
        }.items():
            config.set_section_option("post_write_hooks", name, value)


def require(revision: str, schema: Path) -> None:
    """Set SCHEMA_REVISION in the file `schema`."""
    source = schema.read_text()
    changed, count = re.subn(
        r'^(SCHEMA_REVISION = )".*"$', rf'\g<1>"{revision}"', source, flags=re.MULTILINE
    )
    if count != 1:
        log.warning("set SCHEMA_REVISION yourself", file=str(schema), revision=revision)
        return
    schema.write_text(changed)
    log.info("SCHEMA_REVISION raised", file=str(schema), revision=revision)
