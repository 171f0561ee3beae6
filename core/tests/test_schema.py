import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from taskbell.db import normalise_url
from taskbell.schema import SchemaMismatchError, check_schema
from taskbell_local.stack import Stack


async def test_the_schema_of_this_build(session: AsyncSession) -> None:
    await check_schema(await session.connection())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE alembic_version SET version_num = '20200101_0000'", "at revision 20200101_0000"),
        ("DELETE FROM alembic_version", "empty"),
        ("DROP TABLE alembic_version", "empty"),
    ],
)
async def test_any_other_schema_is_named(servers: Stack, change: str, words: str) -> None:
    engine = create_async_engine(normalise_url(servers.owner_url))
    async with engine.connect() as connection:
        await connection.execute(text(change))
        with pytest.raises(SchemaMismatchError, match=words):
            await check_schema(connection)
        await connection.rollback()
    await engine.dispose()
