"""Upgrades and downgrades: from nothing, again, together, and never on what is not ours."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from taskbell.schema import SCHEMA_REVISION, SchemaMismatchError, check_schema
from taskbell_migrate import run
from taskbell_migrate.catalog import Catalog, describe
from taskbell_migrate.errors import LockedError, MigrateError, UnknownRevisionError
from taskbell_migrate.scratch import modelled
from taskbell_migrate.session import LOCK_KEY, Limits, open_connection


async def catalog(url: str, limits: Limits) -> Catalog:
    async with open_connection(url, limits) as connection:
        return await describe(connection)


async def test_upgrades_an_empty_database_to_what_the_models_say(
    owner_url: str, admin_url: str, limits: Limits
) -> None:
    async with open_connection(owner_url, limits) as connection:
        with pytest.raises(SchemaMismatchError, match="empty"):
            await check_schema(connection)
    await run.upgrade(owner_url, "head", limits)
    async with open_connection(owner_url, limits) as connection:
        await check_schema(connection)
    async with modelled(admin_url, limits) as connection:
        assert await describe(connection) == await catalog(owner_url, limits)


async def test_a_new_database_has_no_account(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    """Nor anything else: no default password, no token that everybody knows."""
    await run.upgrade(owner_url, "head", limits)
    found = await owner.fetch(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    tables = {row["tablename"] for row in found}
    assert {"user_account", "auth_session", "api_token"} <= tables
    filled = [
        table
        for table in tables
        if await owner.fetchval(f'SELECT EXISTS (SELECT FROM "{table}")')  # noqa: S608
    ]
    assert filled == []


async def test_a_second_upgrade_changes_nothing(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    await run.upgrade(owner_url, "head", limits)
    await owner.execute(
        "INSERT INTO job (id, kind, payload, payload_version, state, priority, run_at, ticket_at,"
        " attempts, max_attempts, crashes, ambiguous, created_at) VALUES (gen_random_uuid(), 'x',"
        " '{}', 1, 'ready', 0, now(), now(), 0, 10, 0, 0, now())"
    )
    before = await catalog(owner_url, limits)
    await run.upgrade(owner_url, "head", limits)
    assert await catalog(owner_url, limits) == before
    assert await owner.fetchval("SELECT count(*) FROM job") == 1


async def test_four_at_once_all_succeed(owner_url: str, limits: Limits) -> None:
    together = [run.upgrade(owner_url, "head", limits) for _ in range(4)]
    await asyncio.gather(*together)
    async with open_connection(owner_url, limits) as connection:
        assert await run.current(connection) == SCHEMA_REVISION


async def test_gives_up_when_another_migration_never_ends(
    owner_url: str, owner: asyncpg.Connection
) -> None:
    await owner.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
    with pytest.raises(LockedError, match="another migration"):
        await run.upgrade(owner_url, "head", Limits(turn=0.1))


async def test_frees_its_lock_also_when_it_fails(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    with pytest.raises(MigrateError):
        await run.upgrade(owner_url, "nonsense", limits)
    assert await owner.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY)


async def test_downgrade_leaves_nothing_and_upgrade_brings_all_back(
    owner_url: str, limits: Limits
) -> None:
    await run.upgrade(owner_url, "head", limits)
    before = await catalog(owner_url, limits)
    await run.downgrade(owner_url, "base", limits)
    assert await catalog(owner_url, limits) == {}
    await run.upgrade(owner_url, "head", limits)
    assert await catalog(owner_url, limits) == before


@pytest.mark.parametrize(
    "move",
    [
        lambda url, limits: run.upgrade(url, "head", limits),
        lambda url, limits: run.downgrade(url, "base", limits),
    ],
    ids=["upgrade", "downgrade"],
)
async def test_refuses_the_schema_of_a_newer_build(
    owner_url: str,
    owner: asyncpg.Connection,
    limits: Limits,
    move: Callable[[str, Limits], Awaitable[None]],
) -> None:
    await run.upgrade(owner_url, "head", limits)
    await owner.execute("UPDATE alembic_version SET version_num = '99991231_2359'")
    await owner.execute("ALTER TABLE task ADD COLUMN from_the_future integer")
    before = await catalog(owner_url, limits)
    with pytest.raises(UnknownRevisionError, match="99991231_2359") as refused:
        await move(owner_url, limits)
    assert refused.value.exit_code == 2
    assert await catalog(owner_url, limits) == before
    assert await owner.fetchval("SELECT version_num FROM alembic_version") == "99991231_2359"


async def test_a_failing_revision_leaves_no_trace(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    await owner.execute("CREATE TABLE delivery (id integer)")
    before = await catalog(owner_url, limits)
    with pytest.raises(MigrateError, match='relation "delivery" already exists'):
        await run.upgrade(owner_url, "head", limits)
    assert await catalog(owner_url, limits) == before


async def test_gives_up_on_a_table_in_use(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    await run.upgrade(owner_url, "head", limits)
    async with owner.transaction():
        # every revision writes there: nothing is done, whatever the newest one is about
        await owner.execute("LOCK TABLE alembic_version IN SHARE MODE")
        with pytest.raises(LockedError, match="lock timeout"):
            await run.downgrade(owner_url, "base", limits)
    async with open_connection(owner_url, limits) as connection:
        assert await run.current(connection) == SCHEMA_REVISION


async def test_tries_again_when_a_table_was_in_use(
    owner_url: str, owner: asyncpg.Connection, limits: Limits
) -> None:
    await run.upgrade(owner_url, "head", limits)
    attempts = 0
    met = asyncio.Event()
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("LOCK TABLE task IN ACCESS SHARE MODE")
    async with open_connection(owner_url, limits) as connection:

        def step(config: Config) -> None:
            nonlocal attempts
            attempts += 1
            try:
                command.downgrade(config, "base")
            except DBAPIError:
                met.set()
                raise

        move = asyncio.create_task(run.move(connection, step, limits))
        async with asyncio.timeout(20):
            await met.wait()
        await transaction.rollback()
        await move
        assert await run.current(connection) is None
    assert attempts == 2


async def test_the_time_limits_are_those_of_the_session(owner_url: str) -> None:
    limits = Limits(lock=3, statement=45)
    async with open_connection(owner_url, limits) as connection:
        for name, expected in (("lock_timeout", "3s"), ("statement_timeout", "45s")):
            assert await connection.scalar(text(f"SHOW {name}")) == expected
    assert Limits().lock == 5
    assert Limits().statement == 600


async def test_a_statement_that_takes_too_long_is_ended(owner_url: str) -> None:
    limits = Limits(statement=0.1)
    async with open_connection(owner_url, limits) as connection:

        def step(config: Config) -> None:
            given: Connection = config.attributes["connection"]
            given.execute(text("SELECT pg_sleep(30)"))

        with pytest.raises(MigrateError, match="statement timeout"):
            await run.move(connection, step, limits)
