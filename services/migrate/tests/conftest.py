"""A real Postgres, set up by deploy/roles.sql, and for each test a database of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from taskbell_local.stack import Stack
from taskbell_migrate.session import Limits


@pytest.fixture(scope="session")
def server() -> Iterator[Stack]:
    """Start a Postgres of our own: the databases of these tests start without a schema."""
    with Stack(services=("postgres",), durable=False) as stack:
        yield stack


@pytest.fixture
async def fresh(server: Stack) -> AsyncIterator[str]:
    """Make a copy of the empty database that deploy/roles.sql makes; give its name."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(server.admin_url)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE taskbell OWNER taskbell_owner")
    try:
        yield name
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest.fixture
def owner_url(server: Stack, fresh: str) -> str:
    """The fresh database as migrate sees it."""
    return at(server.owner_url, fresh)


@pytest.fixture
def app_url(server: Stack, fresh: str) -> str:
    """The fresh database as the API and the worker see it."""
    return at(server.database_url, fresh)


@pytest.fixture
def admin_url(server: Stack, fresh: str) -> str:
    """The fresh database as a superuser sees it."""
    return at(server.admin_url, fresh)


def at(url: str, database: str) -> str:
    """Return `url` with another database."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner of the database, to look at it or to stand in the way."""
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.fixture
def limits() -> Limits:
    """Short limits: nothing in these tests is slow but what is made so."""
    return Limits(connect=5, turn=20, lock=0.2, lock_attempts=2, statement=20)


Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def command() -> Iterator[Command]:
    """Start `python -m taskbell_migrate` on a database; stopped when the test forgets it."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str, *arguments: str) -> "subprocess.Popen[str]":
        environment = os.environ | {"DATABASE_URL": url, "LOG_FORMAT": "json"}
        program = [sys.executable, "-m", "taskbell_migrate", *arguments]
        started.append(
            subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
