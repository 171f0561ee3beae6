"""Limits, counted in a real Redis: each counts and recovers, and says so in its headers."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import Request
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from taskbell.ids import new_id
from taskbell.jobs import doorbell
from taskbell.settings import load
from taskbell_api.__main__ import server_options
from taskbell_api.settings import ApiSettings
from taskbell_api.throttling import stores
from taskbell_api.throttling.addresses import address_key, key_of
from taskbell_api.throttling.operations import EXPORT
from taskbell_api.throttling.settings import RateLimitSettings, parse
from taskbell_api.throttling.throttle import limited

from .throttled import (
    ADA,
    AWAY,
    BY_ADDRESS,
    BY_USER,
    HOME,
    Api,
    assert_refused,
    make_app,
    opened,
)

DEPLOY = Path(__file__).parents[3] / "deploy"
OpenApi = Callable[..., Awaitable[Api]]
SETTINGS: dict[str, Any] = {
    "taskbell_env": "local", "database_url": "postgres://x@y/z", "redis_url": "redis://x",
}  # fmt: skip


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason to count without Redis here: that is for the outages."""
    monkeypatch.setattr(stores, "REDIS_SECONDS", 10)


@pytest_asyncio.fixture
async def open_api(redis_url: str) -> AsyncIterator[OpenApi]:
    async with AsyncExitStack() as stack:

        async def open_one(**changes: Any) -> Api:
            return await stack.enter_async_context(opened(redis_url, **changes))

        yield open_one


async def wait_until_allowed(ask: Callable[[], Awaitable[httpx.Response]]) -> None:
    deadline = time.monotonic() + 10
    while (await ask()).status_code == 429:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("name", BY_ADDRESS)
async def test_an_address_is_refused_and_recovers(open_api: OpenApi, name: str) -> None:
    api = await open_api(**{f"rate_limit_{name.replace('-', '_')}": "2/2 seconds"})
    for _ in range(2):
        assert (await api.post(f"/{name}")).status_code == 200
    assert assert_refused(await api.post(f"/{name}")) == 1
    assert (await api.post(f"/{name}", AWAY)).status_code == 200
    await wait_until_allowed(lambda: api.post(f"/{name}"))


@pytest.mark.parametrize("name", BY_USER)
async def test_a_user_is_refused_and_recovers(open_api: OpenApi, name: str) -> None:
    api = await open_api(**{f"rate_limit_{name.replace('-', '_')}": "2/2 seconds"})
    url = f"/{name}?user_id={new_id()}"
    assert (await api.post(url)).status_code == 200
    assert (await api.post(url, AWAY)).status_code == 200
    assert assert_refused(await api.post(url)) == 1
    assert (await api.post(f"/{name}?user_id={new_id()}")).status_code == 200
    await wait_until_allowed(lambda: api.post(url))


async def test_several_limits_at_once(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_link="1/second; 2 per hour")
    answer = await api.post("/link")
    assert answer.headers["ratelimit-policy"] == '"link";q=1;w=1, "link-2";q=2;w=3600'
    await wait_until_allowed(lambda: api.post("/link"))
    assert assert_refused(await api.post("/link")) > 1700


async def test_headers_tell_what_is_left(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_link="3/hour")
    told = []
    for _ in range(4):
        answer = await api.post("/link")
        assert answer.headers["ratelimit-policy"] == '"link";q=3;w=3600'
        found = re.fullmatch(r'"link";r=(\d);t=(\d+)', answer.headers["ratelimit"])
        assert found is not None
        told.append((answer.status_code, int(found[1])))
        assert 1190 <= int(found[2]) <= 1200, "one more in a third of the hour"
    assert told == [(200, 2), (200, 1), (200, 0), (429, 0)]


async def test_parallel_requests_cannot_slip_through(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_link="10/hour")
    answers = await asyncio.gather(*(api.post("/link") for _ in range(50)))
    assert sorted(one.status_code for one in answers) == [200] * 10 + [429] * 40


async def test_processes_count_together(open_api: OpenApi) -> None:
    shared = {"rate_limit_link": "2/hour", "jwt_secret": new_id().hex * 2}
    one, other = await open_api(**shared), await open_api(**shared)
    assert (await one.post("/link")).status_code == 200
    assert (await other.post("/link")).status_code == 200
    assert_refused(await one.post("/link"))
    assert_refused(await other.post("/link"))


async def test_nobody_can_be_recognised_in_redis(open_api: OpenApi, redis_url: str) -> None:
    api = await open_api()
    redis = doorbell.connect(redis_url, socket_timeout=1.0)
    before = {key async for key in redis.scan_iter()}
    await api.login("right")
    await api.login("wrong", AWAY)
    await api.post(f"/forgot-password?account={ADA}")
    keys = [key async for key in redis.scan_iter() if key not in before]
    values = await redis.mget(keys)
    times = [await redis.pttl(key) for key in keys]
    await redis.aclose(close_connection_pool=True)
    assert len(keys) == 7
    assert all(re.fullmatch(rb"taskbell:limit:[a-z-]+:[0-9a-f]{32}", key) for key in keys)
    assert all(value.isdigit() for value in values)
    assert all(0 < milliseconds <= 30 * 86_400_000 for milliseconds in times), "all end"


async def test_a_factor_for_all(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_link="1/hour", rate_limit_factor=3)
    assert (await api.post("/link")).headers["ratelimit-policy"] == '"link";q=3;w=3600'
    small = await open_api(rate_limit_link="1/hour", rate_limit_factor=0.01)
    assert (await small.post("/link")).status_code == 200, "never nothing at all"


async def test_switched_off(open_api: OpenApi, capsys: pytest.CaptureFixture[str]) -> None:
    api = await open_api(
        rate_limit_enabled=False, rate_limit_link="1/hour", rate_limit_login="1/hour"
    )
    assert "rate_limits_disabled" in capsys.readouterr().out
    for _ in range(3):
        answer = await api.post("/link")
        assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)
        assert await api.log_in("wrong") == 401
    assert await api.log_in("right") == 200
    assert (await api.post(f"/signed-up?account={ADA}")).status_code == 200


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_what_an_address_is_counted_under(host: str, key: str) -> None:
    assert key_of(host) == key


def test_a_client_without_an_address() -> None:
    assert address_key(Request({"type": "http", "client": None})) == ""


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("192.0.2.66", "203.0.113.{}", 429),  # a stranger may say what he likes
        ("10.1.2.3", "203.0.113.{}", 200),  # our gateway
        ("10.1.2.3", "203.0.113.{}, 192.0.2.66", 429),  # what the client put in front counts not
        ("10.1.2.3", "2001:db8::{}", 429),  # one network
        ("10.1.2.3", "203.0.113.9:{}", 429),  # ports are no addresses
    ],
)
async def test_forwarded_addresses_count_from_trusted_proxies_only(
    redis_url: str, peer: str, forwarded: str, status: int
) -> None:
    made = ApiSettings(
        **SETTINGS, trusted_proxies="10.0.0.0/8", rate_limit_link="1/hour",
        jwt_secret=new_id().hex * 2,
    )  # fmt: skip
    redis = doorbell.connect(redis_url, socket_timeout=1.0)
    trusted = server_options(made)["forwarded_allow_ips"]
    app = ProxyHeadersMiddleware(make_app(made, redis), trusted)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, client=(peer, 5000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        for number, expected in ((1, 200), (2, status)):
            headers = {"X-Forwarded-For": forwarded.format(number)}
            assert (await http.post("/link", headers=headers)).status_code == expected
    await redis.aclose(close_connection_pool=True)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("10/15 minutes", [(10, 900)]),
        ("1/second", [(1, 1)]),
        ("5 per hour; 20/DAY", [(5, 3600), (20, 86_400)]),
    ],
)
def test_notation(text: str, limits: list[tuple[int, int]]) -> None:
    assert parse(text) == limits


@pytest.mark.parametrize(
    "text",
    ["10", "0/hour", "5/0 minutes", "-1/hour", "5/fortnight", "5/hour;", "1.5/hour", "٣/day"],
)
def test_wrong_limits_are_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for name, value in (SETTINGS | {"rate_limit_signup_global": text}).items():
        monkeypatch.setenv(name.upper(), value)
    with pytest.raises(SystemExit, match=r"RATE_LIMIT_SIGNUP_GLOBAL: .* such as 10/15 minutes"):
        load(ApiSettings)


def test_settings_and_deployment_are_in_step() -> None:
    explained = dict(
        re.findall(r"^#(RATE_LIMIT_\w+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.M)
    )
    passed = re.findall(
        r"^ +(RATE_LIMIT_\w+): \${\1:-}$", (DEPLOY / "docker-compose.yml").read_text(), re.M
    )
    assert RateLimitSettings(**{name.lower(): value for name, value in explained.items()}) == (
        RateLimitSettings()
    ), "the values shown are the defaults"
    names = {name.upper() for name in RateLimitSettings.model_fields if "rate_limit" in name}
    assert set(explained) == set(passed) == names


async def test_what_is_counted_by_user_needs_the_user(open_api: OpenApi) -> None:
    with pytest.raises(ValueError, match="in the route"):
        limited(EXPORT)
    services: SimpleNamespace = (await open_api()).app.state.services
    request = Request({"type": "http", "client": (HOME, 1)})
    with pytest.raises(ValueError, match="say whose"):
        await services.throttle.check(request, EXPORT)
