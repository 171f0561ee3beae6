"""Reaching the database: waiting for it, and saying why it cannot be had."""

import asyncio
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from taskbell_local.stack import Stack
from taskbell_migrate.errors import UnreachableError
from taskbell_migrate.session import Limits, open_connection


async def test_says_what_does_not_answer_but_no_password() -> None:
    # port 9 (discard): nothing of ours listens there
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9/taskbell does not answer") as told:
        async with open_connection(
            "postgresql://owner:hush@127.0.0.1:9/taskbell", Limits(connect=0.3)
        ):
            pass
    assert told.value.exit_code == 3
    assert "hush" not in str(told.value)


async def test_waits_for_a_database_that_is_still_starting(server: Stack) -> None:
    """The first connections are dropped, as they are by a proxy whose database is not up yet."""
    there = urlsplit(server.owner_url)
    calls = 0

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        if calls <= 3:
            writer.close()
            return
        from_server, to_server = await asyncio.open_connection(there.hostname, there.port)
        await asyncio.gather(relay(reader, to_server), relay(from_server, writer))

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        netloc = there.netloc.replace(str(there.port), str(port))
        url = there._replace(netloc=netloc, query="sslmode=disable").geturl()
        async with open_connection(url, Limits(connect=20)) as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
    assert calls == 4


async def test_does_not_wait_when_the_password_is_wrong(server: Stack) -> None:
    url = server.owner_url.replace("taskbell_owner:", "taskbell_owner:wrong")
    with pytest.raises(UnreachableError, match=r"refuses us: .*password"):
        async with open_connection(url, Limits(connect=600)):
            pass


async def test_does_not_wait_for_a_database_that_is_not_there(server: Stack) -> None:
    with pytest.raises(UnreachableError, match=r'refuses us: .*"taskbell_"'):
        async with open_connection(f"{server.owner_url}_", Limits(connect=600)):
            pass


async def test_tells_a_pooler_from_a_database_that_starts() -> None:
    """pgbouncer refuses the settings of a session: waiting for it would not help."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(length - 4)
        fields = b"SFATAL\0C08P01\0Munsupported startup parameter: lock_timeout\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as pooler:
        port = pooler.sockets[0].getsockname()[1]
        url = f"postgresql://owner:hush@127.0.0.1:{port}/taskbell?sslmode=disable"
        with pytest.raises(UnreachableError, match=r"lock_timeout\. Is it a connection pooler"):
            async with open_connection(url, Limits(connect=600)):
                pass
