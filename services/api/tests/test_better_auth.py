"""Tokens of a Better Auth server: what they must say, and what is read from them."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from taskbell.accounts.errors import ExpiredTokenError, InvalidTokenError
from taskbell_api.better_auth import BetterAuth, issuer_of, jwks_url_of
from taskbell_api.better_auth_settings import BetterAuthSettings
from taskbell_api.jwks import FileKeys, RemoteKeys, SignInServiceUnavailableError

from .sign_in_service import Clock, SignInService


def settings(**values: Any) -> BetterAuthSettings:
    return BetterAuthSettings(taskbell_env="local", **values)


@pytest.fixture(scope="module")
def service() -> Iterator[SignInService]:
    with SignInService() as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def server(service: SignInService) -> AsyncIterator[BetterAuth]:
    made = BetterAuth.of(settings(better_auth_url=service.url))
    assert made is not None
    yield made
    await made.close()


async def refusal(checker: BetterAuth, token: str) -> str:
    with pytest.raises(InvalidTokenError) as refused:
        await checker.verify(token)
    return refused.value.detail


async def test_a_token_as_better_auth_makes_it(service: SignInService, server: BetterAuth) -> None:
    claims = service.claims()
    identity = await server.verify(service.token())
    assert (identity.issuer, identity.subject) == (service.url, "u1")
    assert (identity.email, identity.email_verified) == ("ada@example.com", True)
    assert identity.name == "Ada"
    assert abs(identity.issued_at.timestamp() - claims["iat"]) <= 1
    assert identity.signed_in_at is None
    assert service.paths == ["/api/auth/jwks"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://evil.example"}, "of another issuer"),
        ({"iss": None}, "has no iss"),
        ({"iss": ["{url}"]}, "of another issuer"),
        ({"iss": "{url}/"}, "of another issuer"),
        ({"aud": "https://other.example"}, "for another audience"),
        ({"aud": []}, "has no aud"),
        ({"aud": None}, "has no aud"),
        ({"aud": "better-auth:session-cache"}, "for another audience"),
        ({"sub": None}, "has no sub"),
        ({"sub": ""}, "no usable sub"),
        ({"sub": "a\nb"}, "no usable sub"),
        ({"sub": "a\x00"}, "no usable sub"),
        ({"sub": "a\ud800"}, "no usable sub"),
        ({"sub": "a\u202eb"}, "no usable sub"),
        ({"sub": "x" * 256}, "no usable sub"),
        ({"sub": 7}, "not valid"),
        ({"exp": None}, "has no exp"),
        ({"exp": "soon"}, "not valid"),
        ({"exp": float("inf")}, "not valid"),
        ({"exp": 4_000_000_000}, "more than 24 hours"),
        ({"iat": None}, "has no iat"),
        ({"iat": 4_000_000_000}, "not valid"),
        ({"iat": 0}, "more than 24 hours"),
        ({"iat": "x"}, "not valid"),
        ({"nbf": 4_000_000_000}, "not valid"),
        ({"jti": 7}, "not valid"),
    ],
    ids=lambda one: ascii(one)[:40],
)
async def test_wrong_claims(
    service: SignInService, server: BetterAuth, changes: dict[str, Any], reason: str
) -> None:
    filled = json.loads(json.dumps(changes).replace("{url}", service.url))
    assert reason in await refusal(server, service.token(**filled))


@pytest.mark.parametrize(
    "claims",
    [{"scope": "openid profile"}, {"scope": ""}, {"client_id": "c1"}, {"azp": "c1"}],
    ids=str,
)
async def test_a_token_for_a_client_is_refused(
    service: SignInService, server: BetterAuth, claims: dict[str, Any]
) -> None:
    """Somebody gave another program a part of what they may do; here it would be all."""
    await server.verify(service.token())
    assert "for an OAuth client" in await refusal(server, service.token(**claims))


async def test_an_audience_of_our_own(service: SignInService) -> None:
    made = settings(better_auth_url=service.url, better_auth_audience="taskbell")
    checker = BetterAuth.of(made)
    assert checker is not None
    assert (await checker.verify(service.token(aud=["x", "taskbell"]))).subject == "u1"
    assert "audience" in await refusal(checker, service.token())
    await checker.close()


async def test_the_clock_may_differ_by_ten_seconds(
    service: SignInService, server: BetterAuth
) -> None:
    now = int(time.time())
    for changes in ({"exp": now - 5}, {"iat": now + 5, "nbf": now + 5}):
        assert (await server.verify(service.token(**changes))).subject == "u1"
    await refusal(server, service.token(iat=now + 20))
    with pytest.raises(ExpiredTokenError):
        await server.verify(service.token(exp=now - 11))


async def test_a_token_that_was_good_ends_nevertheless(
    service: SignInService, server: BetterAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = service.token()
    assert (await server.verify(token)) is (await server.verify(token))
    later = time.time() + 911
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(ExpiredTokenError):
        await server.verify(token)


@pytest.mark.parametrize(
    ("claims", "verified"),
    [
        ({}, True),
        ({"emailVerified": False}, False),
        ({"emailVerified": None}, False),
        ({"emailVerified": "true"}, False),
        ({"emailVerified": 1}, False),
        ({"emailVerified": None, "email_verified": True}, True),
        ({"emailVerified": True, "email_verified": False}, False),
        ({"emailVerified": False, "email_verified": True}, False),
    ],
    ids=str,
)
async def test_what_counts_as_verified(
    service: SignInService, server: BetterAuth, claims: dict[str, Any], verified: bool
) -> None:
    assert (await server.verify(service.token(**claims))).email_verified is verified


@pytest.mark.parametrize("value", [7, ["ada@example.com"], {"x": 1}, True])
async def test_claims_of_other_types(
    service: SignInService, server: BetterAuth, value: Any
) -> None:
    identity = await server.verify(service.token(email=value, name=value, auth_time="x"))
    assert (identity.email, identity.name, identity.signed_in_at) == (None, "", None)


async def test_when_they_signed_in(service: SignInService, server: BetterAuth) -> None:
    now = int(time.time())
    identity = await server.verify(service.token(auth_time=now - 60))
    assert identity.signed_in_at is not None
    assert identity.signed_in_at.timestamp() == now - 60
    for wrong in (now + 3600, -1, 10**30, True, now - 60.5):
        assert (await server.verify(service.token(auth_time=wrong))).signed_in_at is None


async def test_a_remembered_token_ends_with_its_key() -> None:
    with SignInService() as service:
        clock = Clock()
        keys = RemoteKeys(f"{service.url}/api/auth/jwks", clock=clock)
        checker = BetterAuth(settings(better_auth_url=service.url), keys)
        old = service.token()
        await checker.verify(old)
        service.rotate()
        clock.pass_(30)
        await checker.verify(service.token())
        await checker.verify(old)
        service.rotate(keep=False)
        clock.pass_(30)
        await checker.verify(service.token())
        await refusal(checker, old)
        service.stop()
        clock.pass_(24 * 3600 + 1)
        with pytest.raises(SignInServiceUnavailableError):
            await checker.verify(service.token())
        await checker.close()


async def test_keys_in_a_file(tmp_path: Path, service: SignInService) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [service.pairs[0].jwk]}))
    made = settings(better_auth_url="https://app.example.com", better_auth_jwks_file=path)
    checker = BetterAuth.of(made)
    assert checker is not None
    assert isinstance(checker._keys, FileKeys)
    own = {"iss": "https://app.example.com", "aud": "https://app.example.com"}
    assert (await checker.verify(service.token(**own))).subject == "u1"
    await refusal(checker, service.token())


@pytest.mark.parametrize(
    ("url", "issuer", "keys"),
    [
        ("https://a.example", "https://a.example", "https://a.example/api/auth/jwks"),
        ("https://a.example/", "https://a.example", "https://a.example/api/auth/jwks"),
        ("https://A.example:443", "https://a.example", "https://A.example:443/api/auth/jwks"),
        ("http://localhost:3000", "http://localhost:3000", "http://localhost:3000/api/auth/jwks"),
        ("https://a.example/api/auth", "https://a.example", "https://a.example/api/auth/jwks"),
        ("https://a.example/x/auth/", "https://a.example", "https://a.example/x/auth/jwks"),
    ],
)
def test_the_url_means_what_it_means_to_better_auth(url: str, issuer: str, keys: str) -> None:
    made = settings(better_auth_url=url)
    assert issuer_of(made) == issuer
    assert made.better_auth_url is not None
    assert jwks_url_of(made.better_auth_url) == keys


def test_nothing_set_is_nothing_taken() -> None:
    assert BetterAuth.of(settings()) is None


async def test_a_token_of_any_length_is_not_read(
    service: SignInService, server: BetterAuth
) -> None:
    await refusal(server, service.token(image="x" * 8192))
