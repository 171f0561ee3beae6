"""What several API processes know of each other, and how often one may try: a stack of its own.

Two replicas of two processes each, with the limits that everybody has.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from taskbell_local.stack import Stack
from tests.e2e.accounts import is_shut_out, log_in, refresh, session_of, signed_in_again
from tests.e2e.client import API, Tokens, User, new_credentials, ok, problem, secret, sign_up

pytestmark = pytest.mark.embedded

REPLICAS = 2
TIMES = 8
"""Enough requests, each on a connection of its own, to meet both processes of a replica."""

TRIES = 10
"""Wrong passwords for one account from one address."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    page: Path = tmp_path_factory.mktemp("page")
    services = ("postgres", "redis", "migrate", "api", "nginx")
    env = {"AUTH_RATE": "1000r/s", "WEB_CONCURRENCY": "2"}
    with Stack(services=services, web_root=page, api_replicas=REPLICAS, env=env) as running:
        yield running


@pytest.fixture
def gateway(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.plan.gateway_port}"


@pytest.fixture
def http(gateway: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway, timeout=15) as client:
        yield client


@pytest.fixture
def replicas(stack: Stack) -> Iterator[list[httpx.Client]]:
    """The API processes without the gateway, a connection for each request."""
    once = httpx.Limits(max_keepalive_connections=0)
    clients = [
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15, limits=once)
        for port in stack.plan.api_ports
    ]
    yield clients
    for client in clients:
        client.close()


def everywhere(user: User, replicas: list[httpx.Client]) -> list[User]:
    """A user as each replica is asked, `TIMES` over."""
    return [
        User(client, user.email, user.password, user.tokens)
        for client in replicas
        for _ in range(TIMES)
    ]


def use_up(user: User, body: dict[str, str]) -> None:
    ok(user.post("/users/me/password", body), 204)


ENDS: dict[str, Callable[[User, User], None]] = {
    "ended one": lambda user, other: ok(
        user.delete(f"/auth/sessions/{session_of(other)}"), 204
    ),
    "ended all others": lambda user, _: ok(user.delete("/auth/sessions"), 204),
    "signed out": lambda _, other: ok(
        other.http.post(f"{API}/auth/logout", json={"refresh_token": other.tokens.refresh}), 204
    ),
    "another password": lambda user, _: use_up(
        user,
        {"current_password": user.password, "new_password": new_credentials()["password"]},
    ),
    "deleted": lambda user, _: ok(
        user.request("DELETE", "/users/me", json={"current_password": user.password}), 204
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_what_has_ended_is_refused_by_every_process_at_once(
    http: httpx.Client, replicas: list[httpx.Client], how: str
) -> None:
    user = sign_up(http)
    phone = signed_in_again(user)
    for one in everywhere(phone, replicas):  # each has seen the token, and remembers it
        ok(one.get("/tasks"))
    ENDS[how](user, phone)
    for one in everywhere(phone, replicas):
        is_shut_out(one)


def test_a_stolen_refresh_token_is_noticed_by_any_process(
    http: httpx.Client, replicas: list[httpx.Client]
) -> None:
    user = sign_up(http)
    answers = [refresh(client, user.tokens.refresh) for client in replicas for _ in range(TIMES)]
    assert len({Tokens.of(ok(answer)).refresh for answer in answers}) == 1


def wrong(http: httpx.Client, user: User, **headers: str) -> httpx.Response:
    return log_in(http, user.email, secret("canary-wrong-password"), headers)


def test_the_eleventh_wrong_password_is_too_many(http: httpx.Client) -> None:
    """Counted by all processes together; said before it is refused, and when it is over."""
    user = sign_up(http)
    for left in reversed(range(TRIES)):
        answer = wrong(http, user)
        problem(answer, 401, "wrong_credentials")
        assert f'"login";r={left};' in answer.headers["ratelimit"]
        assert f'"login";q={TRIES};w=900' in answer.headers["ratelimit-policy"]
    refused = wrong(http, user)
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 90
    assert '"login";r=0;' in refused.headers["ratelimit"]
    # not with the right one either: nobody learns which that is
    problem(log_in(http, user.email, user.password), 429, "rate_limited")
    ok(user.get("/tasks"))
    other = sign_up(http)
    Tokens.of(ok(log_in(http, other.email, other.password)))


def test_an_account_that_is_not_there_is_throttled_alike(http: httpx.Client) -> None:
    nobody = User(http, new_credentials()["email"], "", Tokens("", None))
    statuses = [wrong(http, nobody).status_code for _ in range(TRIES + 1)]
    assert statuses == [401] * TRIES + [429]


def test_passwords_asked_for_again_are_counted_with_those(http: httpx.Client) -> None:
    user = sign_up(http)
    body = {"current_password": secret("canary-wrong-password")}
    for _ in range(TRIES):
        problem(user.post("/auth/reauthenticate", body), 403, "wrong_password")
    problem(user.post("/auth/reauthenticate", body), 429, "rate_limited")
    problem(wrong(http, user), 429, "rate_limited")


def test_the_owner_elsewhere_and_the_owners_browser_still_get_in(http: httpx.Client) -> None:
    """The gateway believes this machine, as it would a proxy in front: so it is both here."""
    user = sign_up(http)
    home, attacker = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "198.51.100.9"}
    form = {"username": user.email, "password": user.password}
    first = http.post(f"{API}/auth/login?cookie=true", data=form, headers=attacker)
    device = {"Cookie": f"taskbell_device={ok(first) and first.cookies['taskbell_device']}"}
    http.cookies.clear()
    for _ in range(TRIES):
        problem(wrong(http, user, **attacker), 401)
    problem(log_in(http, user.email, user.password, attacker), 429, "rate_limited")
    Tokens.of(ok(log_in(http, user.email, user.password, home)))
    # at the attacker's own address, but in a browser that was signed in before
    Tokens.of(ok(log_in(http, user.email, user.password, attacker | device)))
    forged = {"Cookie": f"{device['Cookie'][:-1]}x"}
    problem(log_in(http, user.email, user.password, attacker | forged), 429, "rate_limited")


@pytest.mark.skipif(sys.platform != "linux", reason="has no further addresses of its own")
def test_nobody_claims_another_address(http: httpx.Client, gateway: str) -> None:
    user, stranger = sign_up(http), httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=gateway, timeout=15, transport=stranger) as client:
        claims = [
            {header: f"203.0.113.{number}"}
            for number, header in enumerate(
                ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "Forwarded", "True-Client-IP") * 3
            )
        ]
        statuses = [wrong(client, user, **claim).status_code for claim in claims[: TRIES + 1]]
        assert statuses == [401] * TRIES + [429]
        problem(wrong(client, user, **{"X-Forwarded-For": "127.0.0.1"}), 429, "rate_limited")
    Tokens.of(ok(log_in(http, user.email, user.password)))


def test_too_many_mails_to_a_forgotten_account_are_refused_to_nobody(http: httpx.Client) -> None:
    """And the answers are those for an address that nobody has, headers and all."""
    told = []
    for number, email in enumerate((sign_up(http).email, new_credentials()["email"])):
        here = {"X-Forwarded-For": f"192.0.2.{100 + number}"}
        for _ in range(8):
            sent = {"email": email}
            answer = http.post(f"{API}/auth/forgot-password", json=sent, headers=here)
            assert ok(answer, 202) == {"status": "accepted"}
        told.append(re.findall(r'"([\w-]+)"', answer.headers["ratelimit"]))
    assert told[0] == told[1]
