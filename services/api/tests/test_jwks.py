"""Keys of a sign-in service: when it is asked, what of its answer counts, and for how long."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import pytest_asyncio

from taskbell_api import jwks
from taskbell_api.jwks import RemoteKeys, SignInServiceUnavailableError

from .sign_in_service import Clock, Pair, SignInService, send

HOUR = 3600


@pytest.fixture
def service() -> Iterator[SignInService]:
    with SignInService() as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def keys(service: SignInService, clock: Clock) -> AsyncIterator[RemoteKeys]:
    made = RemoteKeys(f"{service.url}/api/auth/jwks", clock=clock)
    yield made
    await made.close()


async def test_nobody_is_asked_before_the_first_token(
    service: SignInService, keys: RemoteKeys
) -> None:
    assert service.fetches == 0
    found = await keys.find("k1")
    assert found is not None
    assert found.algorithm == "EdDSA"
    assert service.paths == ["/api/auth/jwks"]


@pytest.mark.parametrize("kid", ["k1", "nobody's"])
async def test_a_hundred_requests_at_once_ask_once(
    service: SignInService, keys: RemoteKeys, kid: str
) -> None:
    found = await asyncio.gather(*(keys.find(kid) for _ in range(100)))
    assert len(set(found)) == 1
    assert service.fetches == 1


async def test_a_request_that_goes_away_takes_nothing_from_the_others(
    service: SignInService, keys: RemoteKeys
) -> None:
    first = asyncio.create_task(keys.find("k1"))
    second = asyncio.create_task(keys.find("k1"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None
    assert service.fetches == 1


async def test_a_key_that_nobody_knows_is_asked_for_every_half_minute(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    assert await keys.find("k1") is not None
    new = service.rotate()
    for seconds in (0, 29.9):
        clock.pass_(seconds)
        assert await keys.find(new.kid) is None
        assert service.fetches == 1
    clock.pass_(0.1)
    found = await asyncio.gather(*(keys.find(new.kid) for _ in range(100)))
    assert None not in found
    assert service.fetches == 2
    assert await keys.find("k1") is not None


async def test_keys_are_renewed_while_the_old_ones_are_used(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    first = await keys.find("k1")
    clock.pass_(10 * 60)
    assert await keys.find("k1") is first
    assert service.fetches == 1
    service.rotate(keep=False)
    clock.pass_(1)
    assert await keys.find("k1") is first  # nobody waited
    await keys._answered()
    assert await keys.find("k1") is None
    assert service.fetches == 2


async def test_after_a_long_silence_the_service_is_asked_first(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    assert await keys.find("k1") is not None
    service.rotate(keep=False)
    clock.pass_(20 * 60 + 1)
    assert await keys.find("k1") is None
    assert service.fetches == 2


async def test_the_same_set_again_is_the_same_keys(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    first = await keys.find("k1")
    clock.pass_(HOUR)
    assert await keys.find("k1") is first
    assert service.fetches == 2


async def test_the_last_keys_count_for_a_day_without_the_service(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    assert await keys.find("k1") is not None
    service.stop()
    for _ in range(23):
        clock.pass_(HOUR)
        assert await keys.find("k1") is not None
    clock.pass_(HOUR + 1)
    with pytest.raises(SignInServiceUnavailableError):
        await keys.find("k1")
    service.start()
    with pytest.raises(SignInServiceUnavailableError):
        await keys.find("k1")  # it was asked less than five seconds ago
    clock.pass_(5)
    assert await keys.find("k1") is not None


async def test_without_any_keys_nobody_can_tell(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    service.stop()
    answers = await asyncio.gather(*(keys.find("k1") for _ in range(100)), return_exceptions=True)
    assert {type(one) for one in answers} == {SignInServiceUnavailableError}
    refused = answers[0]
    assert isinstance(refused, SignInServiceUnavailableError)
    assert (refused.status, refused.code) == (503, "sign_in_service_unavailable")
    assert refused.headers == {"Retry-After": "5"}
    service.start()
    clock.pass_(5)
    assert await keys.find("k1") is not None


async def test_a_new_key_while_the_service_cannot_be_asked(
    service: SignInService, keys: RemoteKeys, clock: Clock
) -> None:
    assert await keys.find("k1") is not None
    service.stop()
    clock.pass_(30)
    for _ in range(2):
        with pytest.raises(SignInServiceUnavailableError):
            await keys.find("k2")
        assert await keys.find("k1") is not None
    service.rotate()
    service.start()
    clock.pass_(30)
    assert await keys.find("k2") is not None


def redirect(request: BaseHTTPRequestHandler) -> None:
    send(request, b"", 302, Location="/elsewhere")


def broken(request: BaseHTTPRequestHandler) -> None:
    send(request, b'{"keys": [')


def deep(request: BaseHTTPRequestHandler) -> None:
    send(request, b"[" * 100_000)


def huge(request: BaseHTTPRequestHandler) -> None:
    send(request, b'{"keys": [' + b" " * jwks.MOST_BYTES + b"]}")


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(jwks.MOST_BYTES // 1024 + 10):
        request.wfile.write(b" " * 1024)


def compressed(request: BaseHTTPRequestHandler) -> None:
    send(request, gzip.compress(b'{"keys": []}'), Content_Encoding="gzip")


def not_a_set(request: BaseHTTPRequestHandler) -> None:
    send(request, json.dumps([Pair("k1").jwk]).encode())


def failing(request: BaseHTTPRequestHandler) -> None:
    send(request, json.dumps({"keys": []}).encode(), 500)


def breaking_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"keys": []}')


def slow(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for character in '{"keys": []}' * 2:
        time.sleep(0.05)  # each piece is in time, the whole is not
        request.wfile.write(character.encode())


BAD = [redirect, broken, deep, huge, endless, compressed, not_a_set, failing, breaking_off, slow]


@pytest.mark.parametrize("answer", BAD, ids=lambda one: one.__name__)
async def test_a_bad_answer_changes_nothing(
    service: SignInService,
    keys: RemoteKeys,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,
) -> None:
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.5)
    good, service.answer = service.answer, answer
    with pytest.raises(SignInServiceUnavailableError):
        await keys.find("k1")
    service.answer = good
    clock.pass_(5)
    assert await keys.find("k1") is not None
    service.answer = answer
    clock.pass_(HOUR)
    assert await keys.find("k1") is not None
    assert service.paths == ["/api/auth/jwks"] * 3
