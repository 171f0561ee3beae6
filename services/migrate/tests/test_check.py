"""`check` finds every way in which models, revisions and database can come apart."""

import asyncpg
import pytest
import sqlalchemy as sa

from taskbell.events import triggers
from taskbell.models import METADATA
from taskbell.schema import SCHEMA_REVISION
from taskbell_migrate import check, run, scratch
from taskbell_migrate.session import Limits


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> sa.MetaData:
    """A copy of the models that a test may change."""
    copy = sa.MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.sorted_tables:
        table.to_metadata(copy)
    triggers.attach(copy)
    for module in (check, scratch):
        monkeypatch.setattr(module, "METADATA", copy)
    return copy


async def test_all_agrees(owner_url: str, admin_url: str, limits: Limits) -> None:
    assert await check.check(owner_url, limits) == []
    assert await check.check(admin_url, limits) == []


async def test_leaves_nothing_behind(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    await check.check(owner_url, limits)
    query = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'"
    assert [row["nspname"] for row in await owner.fetch(query)] == ["public"]
    assert not await owner.fetch("SELECT FROM pg_tables WHERE schemaname = 'public'")


async def test_a_column_the_revisions_do_not_make(
    owner_url: str, limits: Limits, models: sa.MetaData
) -> None:
    models.tables["task"].append_column(sa.Column("mood", sa.Integer()))
    [found] = await check.check(owner_url, limits)
    assert found == "column task.mood\n    revisions: not there\n    models:    integer"


async def test_a_column_that_may_be_null(
    owner_url: str, limits: Limits, models: sa.MetaData
) -> None:
    models.tables["task"].c.time_zone.nullable = True
    [found] = await check.check(owner_url, limits)
    assert found.startswith("column task.time_zone\n    revisions: character varying NOT NULL\n")


async def test_another_type(owner_url: str, limits: Limits, models: sa.MetaData) -> None:
    models.tables["task"].c.version.type = sa.BigInteger()
    [found] = await check.check(owner_url, limits)
    assert found.startswith("column task.version\n")


async def test_a_default(owner_url: str, limits: Limits, models: sa.MetaData) -> None:
    models.tables["task"].c.version.server_default = sa.DefaultClause(sa.text("1"))
    [found] = await check.check(owner_url, limits)
    assert "integer NOT NULL DEFAULT 1" in found


async def test_another_generated_column(
    owner_url: str, limits: Limits, models: sa.MetaData
) -> None:
    column = models.tables["task"].c.due_sort
    assert column.computed
    column.computed.sqltext = sa.text("due_at")
    [found] = await check.check(owner_url, limits)
    assert found.startswith("column task.due_sort\n")


async def test_another_check(owner_url: str, limits: Limits, models: sa.MetaData) -> None:
    rules = models.tables["task"].constraints
    [rule] = [r for r in rules if isinstance(r, sa.CheckConstraint) and "priority" in str(r.name)]
    rule.sqltext = sa.text("priority BETWEEN 1 AND 5")
    [found] = await check.check(owner_url, limits)
    assert found.startswith("constraint task.ck_task_priority\n")


async def test_another_partial_index(owner_url: str, limits: Limits, models: sa.MetaData) -> None:
    [index] = [i for i in models.tables["job"].indexes if i.name == "ix_job_ready"]
    index.dialect_options["postgresql"]["where"] = sa.text("state = 'done'")
    [found] = await check.check(owner_url, limits)
    assert found.startswith("index ix_job_ready\n")


async def test_another_fillfactor(owner_url: str, limits: Limits, models: sa.MetaData) -> None:
    models.tables["job"].dialect_options["postgresql"]["with"] = {"fillfactor": 99}
    [found] = await check.check(owner_url, limits)
    assert found.startswith("table job\n")
    assert "fillfactor=99" in found


async def test_a_database_changed_by_hand(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    await run.upgrade(owner_url, "head", limits)
    assert await check.check(owner_url, limits) == []
    await owner.execute("ALTER TABLE task ADD COLUMN by_hand integer")
    await owner.execute("DROP INDEX ix_job_ready")
    assert [line.splitlines()[0] for line in await check.check(owner_url, limits)] == [
        "column task.by_hand",
        "index ix_job_ready",
    ]


def test_the_number_the_others_ask_for_is_the_newest_revision() -> None:
    assert check.check_heads([SCHEMA_REVISION]) == []
    [found] = check.check_heads(["20991231_2359"])
    assert SCHEMA_REVISION in found
    assert "20991231_2359" in found


def test_there_is_one_newest_revision() -> None:
    [found] = check.check_heads(["20261120_0001", "20261120_0002"])
    assert "there are 2" in found
