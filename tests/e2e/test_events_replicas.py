"""Live streams on several API processes that come and go, with and without Redis: a stack of its
own.
"""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from taskbell_api.draining import GRACE_SECONDS
from taskbell_local.stack import Stack
from tests.e2e.client import API, User, ok, sign_up
from tests.e2e.conftest import Measured
from tests.e2e.live import LivePage
from tests.e2e.waiting import until

pytestmark = pytest.mark.embedded

STREAMS = 500
OF_A_USER = 25


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    page: Path = tmp_path_factory.mktemp("page")
    services = ("postgres", "redis", "migrate", "api", "nginx")
    env = {"AUTH_RATE": "1000r/s", "RATE_LIMIT_FACTOR": "1000"}
    with Stack(services=services, web_root=page, api_replicas=2, env=env) as running:
        yield running


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.gateway, timeout=15) as client:
        yield client


def at(client: httpx.Client, user: User) -> User:
    """The same user at another address."""
    return User(client, user.email, user.password, user.tokens)


@pytest.fixture
def replicas(stack: Stack) -> Iterator[list[httpx.Client]]:
    clients = [
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15)
        for port in stack.plan.api_ports
    ]
    yield clients
    for client in clients:
        client.close()


def test_each_process_hears_of_the_others(user: User, replicas: list[httpx.Client]) -> None:
    one, other = (at(client, user) for client in replicas)
    with LivePage(one) as first, LivePage(other) as second:
        for writer in (one, other):
            task = writer.add_task()
            first.saw(task)
            second.saw(task)


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_without_redis_it_looks_by_itself(
    stack: Stack, user: User, replicas: list[httpx.Client], measured: Measured, how: str
) -> None:
    one, other = (at(client, user) for client in replicas)
    with LivePage(other) as page:
        page.saw(one.add_task())
        (stack.kill if how == "killed" else stack.freeze)("redis")
        try:
            delays = []
            for _ in range(5):
                task = one.add_task()
                began = time.monotonic()
                delays.append(page.saw(task, timeout=15) - began)
        finally:
            (stack.start if how == "killed" else stack.thaw)("redis")
        page.saw(one.add_task())
    assert page.cuts <= 1, "the stream went on; it is the test that leaves"
    measured(f"events: Redis {how}, told within {max(delays):.1f} s by another process")


def add_task(user: User) -> dict[str, Any]:
    """Add a task as a client does that minds `Retry-After`: the gateway leaves a replica that it
    did not reach alone for some seconds, also when that is back and the other one is gone.
    """

    def added() -> dict[str, Any] | None:
        answer = user.post("/tasks", {"title": "Pay the rent"})
        task: dict[str, Any] | None = None if answer.status_code == 503 else ok(answer, 201)
        return task

    found = until(added, "the gateway reaches a replica")
    assert found is not None
    return found


def test_a_page_moves_on_when_its_process_ends(stack: Stack, user: User) -> None:
    with LivePage(user) as page:
        for index in (0, 1):
            stack.stop("api", index=index)
            page.saw(add_task(user), timeout=15)
            stack.start("api")
        page.saw(add_task(user), timeout=15)
    assert "reset" not in {event for event, _ in page.told}


def test_the_end_of_a_process_waits_for_no_stream(
    stack: Stack, http: httpx.Client, measured: Measured
) -> None:
    users = [sign_up(http) for _ in range(STREAMS // OF_A_USER)]
    port = stack.plan.api_ports[0]
    streams = [listen(port, user) for user in users for _ in range(OF_A_USER)]
    # these never read what they are sent
    began = time.monotonic()
    stack.stop("api", index=0)
    took = time.monotonic() - began
    for stream in streams:
        rest = b""
        while more := stream.recv(65536):
            rest += more
        assert rest.endswith(b"0\r\n\r\n"), "it is told that this is the end"
        assert b"retry: " in rest
        stream.close()
    stack.start("api")
    measured(f"events: stopped within {took:.1f} s with {STREAMS} streams open")
    assert took <= GRACE_SECONDS


def listen(port: int, user: User) -> socket.socket:
    """Open a stream and read its beginning."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream.sendall(
        f"GET {API}/events HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {user.tokens.access}\r\n\r\n".encode()
    )
    begun = b""
    while b"user_id" not in begun:
        more = stream.recv(65536)
        assert more, begun
        begun += more
    return stream


def test_a_database_that_was_away(stack: Stack, user: User) -> None:
    with LivePage(user) as page:
        page.saw(user.add_task())
        stack.kill("postgres")
        time.sleep(2)
        stack.start("postgres")
        page.saw(until(lambda: _try_to_add(user), "it can be written again"))
    assert "reset" not in {event for event, _ in page.told}


def _try_to_add(user: User) -> dict[str, Any]:
    answer = user.post("/tasks", {"title": "Again"})
    return dict(answer.json()) if answer.status_code == 201 else {}
