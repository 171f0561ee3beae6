"""Where the revisions are: Alembic's configuration, made in code so that it works from a wheel."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

PACKAGE = Path(__file__).parent
VERSIONS = PACKAGE / "versions"


def config(connection: Connection | None = None) -> Config:
    """Return the configuration; `env.py` uses `connection` instead of opening its own."""
    # services/migrate/alembic.ini says the same for people who call `alembic` by hand
    result = Config()
    result.set_main_option("script_location", _escape(PACKAGE / "alembic"))
    result.set_main_option("version_locations", _escape(VERSIONS))
    result.set_main_option("path_separator", "os")
    result.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    result.attributes["connection"] = connection
    return result


def directory() -> ScriptDirectory:
    """Return the revisions of this build."""
    return ScriptDirectory.from_config(config())


def _escape(path: Path) -> str:
    return str(path).replace("%", "%%")
