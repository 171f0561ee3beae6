"""Guessing passwords is slow from everywhere, and nobody can shut an owner out by failing."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from taskbell.ids import new_id
from taskbell.jobs import doorbell
from taskbell_api.throttling import stores
from taskbell_api.throttling.throttle import DEVICE_COOKIE, Throttle

from .throttled import ADA, AWAY, HOME, Api, assert_refused, opened

OpenApi = Callable[..., Awaitable[Api]]
BOB = "bob@example.com"
MONTH_MS = 30 * 86_400_000


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


async def attack(api: Api, account: str = ADA) -> None:
    """Fail with an account from many addresses, once each: more than 50 in an hour."""
    await asyncio.gather(*(api.guess(1, f"192.0.2.{number}", account) for number in range(60)))


async def test_guessing_is_slowed_down(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login="3/hour")
    assert await api.guess(5) == [401, 401, 401, 429, 429]
    assert await api.log_in("right", AWAY) == 429
    assert api.checked == 3, "no password is looked at any more"
    assert await api.log_in("wrong", AWAY, BOB) == 401, "another account"
    assert await api.log_in("wrong", HOME) == 401, "another address"


async def test_tries_come_back_with_time(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login="2/2 seconds")
    assert await api.guess(3) == [401, 401, 429]
    answer = await api.login("right", AWAY)
    deadline = time.monotonic() + 10
    while answer.status_code == 429:
        assert answer.headers["retry-after"] == "1"
        assert time.monotonic() < deadline
        answer = await api.login("right", AWAY)
    assert answer.status_code == 200


async def test_signing_in_takes_nothing(open_api: OpenApi) -> None:
    api = await open_api(
        rate_limit_login="2/hour", rate_limit_login_address="2/hour",
        rate_limit_login_account="2/hour", rate_limit_login_global="2/hour",
    )  # fmt: skip
    assert await api.guess(10, HOME, password="right") == [200] * 10


async def test_our_own_troubles_are_not_the_callers_failures(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login="2/hour")
    assert await api.guess(5, password="our database is away") == [503] * 5
    assert await api.guess(5, password="our bug") == [500] * 5
    assert await api.guess(3) == [401, 401, 429]


async def test_headers_of_every_answer(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login="2/hour")
    for password, status, left in (
        ("right", 200, 2),
        ("wrong", 401, 1),
        ("right", 200, 1),
        ("wrong", 401, 0),
        ("right", 429, 0),
    ):
        answer = await api.login(password)
        assert answer.status_code == status
        assert answer.headers["ratelimit-policy"] == '"login";q=2;w=3600'
        state = answer.headers["ratelimit"]
        assert state.startswith(f'"login";r={left};t='), (password, state)
    assert 1790 <= int(answer.headers["retry-after"]) <= 1800
    assert answer.headers["ratelimit"] == f'"login";r=0;t={answer.headers["retry-after"]}'


async def test_parallel_guesses_cannot_slip_through(open_api: OpenApi) -> None:
    api = await open_api()
    answers = await asyncio.gather(*(api.log_in("wrong", AWAY) for _ in range(50)))
    assert sorted(answers) == [401] * 10 + [429] * 40
    assert api.checked == 10


async def test_nobody_locks_somebody_else_out(open_api: OpenApi) -> None:
    api = await open_api()
    assert await api.log_in("right", HOME) == 200
    await attack(api)
    assert await api.guess(4, "198.51.100.7") == [401, 401, 429, 429], "it is attacked"
    assert await api.guess(9, HOME) == [401] * 9, "at home all tries are left"
    assert await api.log_in("right", HOME) == 200


async def test_a_neighbour_behind_the_same_address_locks_nobody_out(open_api: OpenApi) -> None:
    """One household, one office, one carrier: the owner's browser has tries of its own."""
    api = await open_api(rate_limit_login_address="20/hour")
    assert (await api.guess(11, HOME))[-1] == 429
    assert await api.log_in("right", HOME) == 429, "a program without a cookie has to wait"
    throttle: Throttle = api.app.state.services.throttle
    form = {"account": ADA, "password": "right"}
    for mark, status in {
        throttle.device_mark(ADA): 200,
        throttle.device_mark(BOB): 429,
        "made-up": 429,
        "made-up.": 429,
        f"other{throttle.device_mark(ADA)}": 429,
    }.items():
        cookie = {"Cookie": f"{DEVICE_COOKIE}={mark}"}
        answer = await api.post("/login", HOME, data=form, headers=cookie)
        assert answer.status_code == status, mark
    # and no more tries than anybody has
    cookie = {"Cookie": f"{DEVICE_COOKIE}={throttle.device_mark(ADA)}"}
    wrong = form | {"password": "wrong"}
    tried = [await api.post("/login", HOME, data=wrong, headers=cookie) for _ in range(11)]
    assert [answer.status_code for answer in tried] == [401] * 10 + [429]


async def test_many_marks_are_no_more_tries(open_api: OpenApi) -> None:
    """Whoever knew a password once may have kept as many cookies as they liked."""
    api = await open_api(rate_limit_login="2/hour", rate_limit_login_devices="5/hour")
    throttle: Throttle = api.app.state.services.throttle
    form = {"account": ADA, "password": "wrong"}
    statuses = []
    for _ in range(9):
        cookie = {"Cookie": f"{DEVICE_COOKIE}={throttle.device_mark(ADA)}"}
        statuses.append((await api.post("/login", AWAY, data=form, headers=cookie)).status_code)
    assert statuses == [401] * 7 + [429] * 2, "five by their marks, two by their address"


async def test_headers_do_not_tell_who_signs_in_from_here(open_api: OpenApi) -> None:
    api = await open_api()
    assert await api.log_in("right", HOME) == 200
    known, unknown = [await api.login("wrong", HOME, one) for one in (ADA, "nobody@example.com")]
    for name in ("ratelimit", "ratelimit-policy"):
        assert known.headers[name] == unknown.headers[name]


async def test_an_address_never_seen_has_its_first_tries_while_attacked(open_api: OpenApi) -> None:
    api = await open_api()
    await attack(api)
    answer = await api.login("wrong", AWAY)
    assert answer.status_code == 401
    assert answer.headers["ratelimit-policy"].startswith('"login-unfamiliar";q=2;w=900')
    assert await api.log_in("right", AWAY) == 200
    assert await api.guess(9, AWAY) == [401] * 9, "it is familiar now"
    assert await api.guess(3, AWAY, BOB) == [401] * 3, "nobody attacks Bob"


async def test_many_failures_in_all_leave_strangers_fewer_tries(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login_global="20/hour")
    assert await api.log_in("right", HOME) == 200
    await asyncio.gather(*(api.guess(1, f"192.0.2.{n}", f"{n}@example.com") for n in range(20)))
    assert await api.guess(3, AWAY, BOB) == [401, 401, 429]
    assert await api.log_in("right", "198.51.100.8", "new@example.com") == 200
    assert await api.guess(9, HOME) == [401] * 9
    assert await api.log_in("right", HOME) == 200


async def test_signing_in_does_not_hide_an_attack(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login_global="5/hour")
    for number in range(10):
        await api.guess(1, f"192.0.2.{number}", f"{number}@example.com")
        assert await api.log_in("right", HOME, "attacker@example.com") == 200
    assert await api.guess(3, AWAY, BOB) == [401, 401, 429]


async def test_one_address_over_all_accounts(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login_address="5/hour")
    assert await api.log_in("right", AWAY) == 200
    tried = [await api.log_in("wrong", AWAY, f"{number}@example.com") for number in range(6)]
    assert tried == [401] * 5 + [429]
    assert await api.log_in("right", AWAY, BOB) == 429
    assert await api.log_in("right", AWAY) == 200, "Ada has signed in from there before"
    assert await api.log_in("right", HOME, BOB) == 200


async def test_an_ipv6_network_is_one_address(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_login="3/hour")
    tried = [await api.log_in("wrong", f"2001:db8:0:1::{number:x}") for number in range(5)]
    assert tried == [401, 401, 401, 429, 429]
    assert await api.log_in("wrong", "2001:db8:0:2::1") == 401


async def test_who_just_signed_up_is_at_home(open_api: OpenApi, redis_url: str) -> None:
    api = await open_api()
    redis = doorbell.connect(redis_url, socket_timeout=1.0)
    before = {key async for key in redis.scan_iter("taskbell:limit:familiar:*")}
    assert (await api.post(f"/signed-up?account={ADA}")).status_code == 200
    after = {key async for key in redis.scan_iter("taskbell:limit:familiar:*")}
    (mark,) = after - before
    assert MONTH_MS - 60_000 < await redis.pttl(mark) <= MONTH_MS
    await redis.aclose(close_connection_pool=True)
    await attack(api)
    assert await api.guess(5, HOME) == [401] * 5


async def test_accounts_that_do_not_exist_are_limited_alike(open_api: OpenApi) -> None:
    """Nothing here knows who exists; any text is an account."""
    api = await open_api(rate_limit_login="1/hour")
    for account in ("nobody@example.com", "x" * 10_000, "a\x00b", "a', 'b"):
        first, second = [await api.login("wrong", AWAY, account) for _ in range(2)]
        assert (first.status_code, second.status_code) == (401, 429)
        assert re.match(r'"login";r=0;t=\d+$', second.headers["ratelimit"])


async def test_sign_ups_are_bounded(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_signup="1/hour", rate_limit_signup_global="2/hour")
    first = await api.post("/signup", "192.0.2.1")
    assert first.headers["ratelimit-policy"] == '"signup";q=1;w=3600'
    for _ in range(5):  # what is refused takes nothing from the others
        assert_refused(await api.post("/signup", "192.0.2.1"))
    assert (await api.post("/signup", "192.0.2.2")).status_code == 200
    refused = await api.post("/signup", "192.0.2.3")
    assert assert_refused(refused) <= 1800
    assert '"signup-global";q=2;w=3600' in refused.headers["ratelimit-policy"]


async def test_mails_are_bounded(open_api: OpenApi) -> None:
    api = await open_api(rate_limit_forgot_password_account="2/hour")
    url = f"/forgot-password?account={ADA}"
    first = await api.post(url)
    assert "account" not in first.headers["ratelimit"], "what others asked for is not told"
    assert (await api.post(url, AWAY)).status_code == 200
    refused = await api.post(url, "192.0.2.77")
    assert 1700 < assert_refused(refused) <= 1800
    assert '"forgot-password-account";r=0' in refused.headers["ratelimit"]
    assert (await api.post("/forgot-password?account=bob@example.com")).status_code == 200
    for name in ("verify-resend", "email-change", "export"):
        url = f"/{name}?user_id={new_id()}"
        assert [(await api.post(url)).status_code for _ in range(6)] == [200] * 5 + [429]
