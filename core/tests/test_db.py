"""The database: addresses, which errors mean that it is away, and the edge that commits."""

import asyncio
import socket
from uuid import UUID

import pytest
from sqlalchemy import func, literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from core.tests.make import a_user
from taskbell.accounts.models import User
from taskbell.db import Database, is_unreachable, normalise_url


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h:5433/d", "postgresql+asyncpg://u:p@h:5433/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p%40ss@h/d", "postgresql+asyncpg://u:p%40ss@h/d"),
        ("postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
        (
            "postgres://u:p@ep-x.eu.neon.tech/d?sslmode=require&channel_binding=require",
            "postgresql+asyncpg://u:p@ep-x.eu.neon.tech/d?ssl=require",
        ),
    ],
)
def test_addresses(given: str, wanted: str) -> None:
    assert normalise_url(given).render_as_string(hide_password=False) == wanted


async def error_of(database: Database, statement: str) -> Exception:
    with pytest.raises(Exception) as raised:  # noqa: PT011 (which one is what the test asks)
        async with database.connection() as connection:
            await connection.execute(text(statement))
    return raised.value


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://u:p@127.0.0.1:{free.getsockname()[1]}/d"
        database = Database(url, application_name="tests")
        assert is_unreachable(await error_of(database, "SELECT 1"))
        await database.close()


async def test_silence_is_given_up_soon() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
        database = Database(url, application_name="tests")
        async with asyncio.timeout(5):
            assert is_unreachable(await error_of(database, "SELECT 1"))
        await database.close()


@pytest.mark.parametrize(
    ("statement", "away"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SET statement_timeout = 1; SELECT pg_sleep(5)", True),
        ("SELECT 1 / 0", False),
        ("SELECT FROM nowhere", False),
        ("SELEKT", False),
    ],
)
async def test_errors_of_statements(database_url: str, statement: str, away: bool) -> None:
    database = Database(database_url, application_name="tests", pool_size=1)
    error: Exception | None = None
    try:
        async with database.connection() as connection:
            for one in statement.split(";"):
                await connection.execute(text(one))
    except Exception as raised:
        error = raised
    await database.close()
    assert error is not None
    assert is_unreachable(error) is away


async def test_a_connection_that_was_told_of_its_end(database_url: str) -> None:
    """Postgres says that it goes, and closes a moment later: statements come in between."""
    target = make_url(database_url)
    ends: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        server = await asyncio.open_connection(target.host, target.port)
        await asyncio.gather(pump(reader, server[1]), pump(server[0], writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        url = target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        database = Database(url, application_name="tests", pool_size=1)
        assert [row[0] for row in await database.fetch("SELECT 1")] == [1]
        fields = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
        ends[0].write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await asyncio.sleep(0.1)
        with pytest.raises(Exception) as raised:  # noqa: PT011
            await database.fetch("SELECT 1")
        assert is_unreachable(raised.value)
        assert [row[0] for row in await database.fetch("SELECT 1")] == [1], "over another one"
        await database.close()


@pytest.mark.parametrize("value", ["lone surrogate \udce9", 2**70])
async def test_a_value_that_cannot_be_sent_is_our_fault(database: Database, value: object) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        async with database.connection() as connection:
            await connection.execute(select(literal(value)))
    assert not is_unreachable(raised.value)


async def test_a_wrong_password_is_not_an_outage(database_url: str) -> None:
    url = normalise_url(database_url).set(password="wrong")
    database = Database(url.render_as_string(hide_password=False), application_name="tests")
    error = await error_of(database, "SELECT 1")
    await database.close()
    assert not is_unreachable(error)


async def test_an_exhausted_pool_is_given_up_soon(database_url: str) -> None:
    database = Database(database_url, application_name="tests", pool_size=1)
    async with database.connection():
        error = await error_of(database, "SELECT 1")
    await database.close()
    assert is_unreachable(error)


async def test_a_transaction_commits_at_its_end(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        await a_user(session)
    async with empty_database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1


async def test_a_transaction_that_raises_leaves_nothing(empty_database: Database) -> None:
    async def fail() -> None:
        async with empty_database.transaction() as session:
            await a_user(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with empty_database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_errors_do_not_show_values(database: Database) -> None:
    with pytest.raises(IntegrityError) as raised:
        async with database.transaction() as session:
            await session.execute(
                text("INSERT INTO refresh_token VALUES (:token, :id, now(), NULL)"),
                {"token": b"a secret", "id": UUID(int=1)},
            )
    assert "a secret" not in str(raised.value)
