"""Postgres or Redis gone: what still answers, how fast, and what comes back by itself."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from taskbell_local.ports import free_port
from taskbell_local.stack import Stack

from .conftest import MakeApi, Person, assert_problem
from .operations import NEW_TASK, OPERATIONS, UNKNOWN_IDS, Operation
from .test_authorisation import name

MOST_SECONDS = 2.0
WITHOUT = ("/api/v1/health", "/api/v1/auth/signup", "/api/v1/digest")
"""Says so itself, or refuses what it is given in the table before it looks."""

NEEDS_DATABASE = [one for one in OPERATIONS if not one.path.startswith(WITHOUT)]


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Stack]:
    """Servers that may be killed, and keep what was committed."""
    with Stack(services=("postgres", "redis", "migrate")) as stack:
        yield stack


@pytest.mark.parametrize("operation", NEEDS_DATABASE, ids=name)
async def test_no_postgres_at_all(ada: Person, make_api: MakeApi, operation: Operation) -> None:
    api = make_api(database_url=f"postgresql://x:x@127.0.0.1:{free_port()}/x")
    sent = operation.sent
    headers = ada.headers | sent.pop("headers", {})
    started = time.perf_counter()
    answer = await api.request(
        operation.method, operation.url(UNKNOWN_IDS), headers=headers, **sent
    )
    assert time.perf_counter() - started < MOST_SECONDS
    assert_problem(answer, 503, "database_unavailable")


async def test_no_api_token_is_refused_because_postgres_is_away(
    ada: Person, make_api: MakeApi
) -> None:
    """401 would make programs throw their token away."""
    api = make_api(database_url=f"postgresql://x:x@127.0.0.1:{free_port()}/x")
    program = await ada.program("tasks:read")
    answer = await api.get("/tasks", headers=program.headers)
    assert_problem(answer, 503, "database_unavailable")


async def test_health_without_postgres(make_api: MakeApi) -> None:
    api = make_api(database_url=f"postgresql://x:x@127.0.0.1:{free_port()}/x")
    started = time.perf_counter()
    assert (await api.get("/health")).status_code == 200
    ready = await api.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "unreachable")
    assert_problem(await api.get("/health/db"), 503, "database_unavailable")
    assert time.perf_counter() - started < 2 * MOST_SECONDS


async def test_a_server_that_does_not_answer(ada: Person, make_api: MakeApi) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        api = make_api(database_url=f"postgresql://x:x@127.0.0.1:{port}/x")
        started = time.perf_counter()
        answer = await api.get("/tasks", headers=ada.headers)
        assert time.perf_counter() - started < MOST_SECONDS
        assert_problem(answer, 503, "database_unavailable")


async def test_postgres_dies_and_returns(own_servers: Stack, make_api: MakeApi) -> None:
    api = make_api(database_url=own_servers.database_url, redis_url=own_servers.redis_url)
    body = {"email": "ada@example.com", "password": "correct horse battery"}
    tokens = (await api.post("/auth/signup", json=body)).json()
    person = Person(api, body["email"], tokens)
    tasks = [(await person.task(title=f"{n}"))["id"] for n in range(3)]
    await asyncio.gather(*(person.get("/tasks") for _ in range(10)))  # fills the pool
    await asyncio.to_thread(own_servers.kill, "postgres")
    for _ in range(3):
        started = time.perf_counter()
        assert_problem(await person.post("/tasks", json=NEW_TASK), 503, "database_unavailable")
        assert time.perf_counter() - started < MOST_SECONDS
    await asyncio.to_thread(own_servers.start, "postgres")
    # each connection of the pool finds out by itself, at most once
    for _ in range(11):
        if (await person.get("/tasks")).status_code == 200:
            break
    assert {one["id"] for one in (await person.get("/tasks")).json()["items"]} == set(tasks)


async def test_a_frozen_postgres_is_not_ready(make_api: MakeApi, own_servers: Stack) -> None:
    api = make_api(database_url=own_servers.database_url, redis_url=own_servers.redis_url)
    assert (await api.get("/health/ready")).status_code == 200
    own_servers.freeze("postgres")
    try:
        for _ in range(2):
            started = time.perf_counter()
            ready = await api.get("/health/ready")
            assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "unreachable")
            assert_problem(await api.get("/health/db"), 503, "database_unavailable")
            assert time.perf_counter() - started < 2 * MOST_SECONDS
    finally:
        own_servers.thaw("postgres")
    async with asyncio.timeout(10):
        assert (await api.get("/health/ready")).status_code == 200


async def test_without_redis_everything_is_written(make_api: MakeApi, own_servers: Stack) -> None:
    api = make_api(database_url=own_servers.database_url, redis_url=own_servers.redis_url)
    await asyncio.to_thread(own_servers.kill, "redis")
    try:
        body = {"email": "bob@example.com", "password": "correct horse battery"}
        signed_up = await api.post("/auth/signup", json=body)
        assert signed_up.status_code == 201, signed_up.text
        person = Person(api, body["email"], signed_up.json())
        task = await person.task(**NEW_TASK)
        reminder = await person.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 5})
        assert reminder.status_code == 201
        assert (await person.patch(f"/tasks/{task['id']}/complete")).status_code == 200
        assert (await api.get("/health/ready")).json()["status"] == "degraded"
    finally:
        await asyncio.to_thread(own_servers.start, "redis")


async def test_a_frozen_redis_delays_little(make_api: MakeApi, own_servers: Stack) -> None:
    api = make_api(database_url=own_servers.database_url, redis_url=own_servers.redis_url)
    own_servers.freeze("redis")
    try:
        for number in range(3):
            body = {"email": f"frozen{number}@example.com", "password": "correct horse battery"}
            started = time.perf_counter()
            assert (await api.post("/auth/signup", json=body)).status_code == 201
            assert time.perf_counter() - started < 1.0
    finally:
        own_servers.thaw("redis")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ConnectionResetError("gone"), 503, "database_unavailable"),
        (RuntimeError("a secret detail"), 500, "internal_error"),
    ],
)
async def test_a_failed_commit_is_a_failed_request(
    ada: Person,
    error: Exception,
    status: int,
    code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The answer waits for the commit: nobody hears 2xx for what was not saved."""

    def fail(_session: Session) -> None:
        raise error

    event.listen(Session, "before_commit", fail)
    try:
        answer = await ada.patch("/users/me", json={"name": "Never saved"})
    finally:
        event.remove(Session, "before_commit", fail)
    assert_problem(answer, status, code)
    assert "secret" not in answer.text
    logged = capsys.readouterr().out
    assert answer.json()["request_id"] in logged
    assert ("Traceback" in logged) == (status == 500)
    assert ada.tokens["access_token"] not in logged
    assert (await ada.get("/users/me")).json()["name"] == ""
