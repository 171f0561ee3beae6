"""A new revision: what Alembic writes for a changed model, in a file named by our pattern."""

import re
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
import sqlalchemy as sa

import taskbell.models
import taskbell.schema
import taskbell_migrate.autogenerate
from taskbell.db import Timestamp
from taskbell.events import triggers
from taskbell.schema import SCHEMA_REVISION
from taskbell_migrate import check, run, scratch, scripts
from taskbell_migrate.errors import MigrateError
from taskbell_migrate.revise import revise
from taskbell_migrate.session import Limits


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the revisions and of schema.py that a test may add to."""
    folder = tmp_path / "versions"
    copytree(scripts.VERSIONS, folder, ignore=ignore_patterns("__pycache__"))
    schema = tmp_path / "schema.py"
    schema.write_text(Path(taskbell.schema.__file__).read_text())
    monkeypatch.setattr(scripts, "VERSIONS", folder)
    monkeypatch.setattr(taskbell.schema, "__file__", str(schema))
    return folder


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> sa.MetaData:
    """A copy of the models with one more table."""
    models = sa.MetaData(naming_convention=taskbell.models.METADATA.naming_convention)
    for table in taskbell.models.METADATA.sorted_tables:
        table.to_metadata(models)
    triggers.attach(models)
    sa.Table(
        "note",
        models,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("written_at", Timestamp(), nullable=False),
        sa.Column("text", sa.String(), nullable=False, index=True),
    )
    for module in (taskbell.models, check, scratch):
        monkeypatch.setattr(module, "METADATA", models)
    return models


async def test_writes_what_the_models_changed(
    owner_url: str, limits: Limits, versions: Path, models: sa.MetaData, tmp_path: Path
) -> None:
    path = await revise(owner_url, "Notes of a task", limits)
    name = path.name
    assert re.fullmatch(r"\d{8}_\d{4}_notes_of_a_task\.py", name)
    revision = name[:13]
    assert revision > SCHEMA_REVISION
    source = path.read_text()
    assert source.startswith('"""Notes of a task.\n')
    assert f'down_revision: str | None = "{SCHEMA_REVISION}"' in source
    assert "sa.DateTime(timezone=True)" in source
    assert "taskbell" not in source.replace("taskbell_migrate", "")
    # the API and the worker ask for it from now on
    assert f'\nSCHEMA_REVISION = "{revision}"\n' in (tmp_path / "schema.py").read_text()

    # what it wrote is what the models say, and it goes both ways
    [only] = await check.check(owner_url, limits)
    assert only == f"SCHEMA_REVISION is {SCHEMA_REVISION}, the newest revision is {revision}"
    await run.upgrade(owner_url, "head", limits)
    await run.downgrade(owner_url, SCHEMA_REVISION, limits)


async def test_an_installed_package_is_not_written_to(
    owner_url: str, limits: Limits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scripts, "VERSIONS", tmp_path / "site-packages" / "versions")
    with pytest.raises(MigrateError, match="source checkout"):
        await revise(owner_url, "x", limits)


def test_ids_sort_after_the_head() -> None:
    assert taskbell_migrate.autogenerate.free_id("") > "20260101_0000"
    assert taskbell_migrate.autogenerate.free_id("29991231_2358") == "29991231_2359"
