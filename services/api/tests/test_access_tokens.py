"""Access tokens that must not be taken."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from taskbell.settings import LOCAL_JWT_SECRET

from .conftest import ORIGIN, Person, assert_problem

OTHER_KEY = "another-key-that-is-long-enough-to-be-taken"


def forged(person: Person, *, key: str = LOCAL_JWT_SECRET, **changes: Any) -> str:
    token = person.tokens["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": header["kid"]})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(person: Person, algorithm: str) -> str:
    _header, claims, signature = person.tokens["access_token"].split(".")
    kid = jwt.get_unverified_header(person.tokens["access_token"])["kid"]
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': kid})}.{claims}.{signature}"


async def ask(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.get("/users/me", headers={"Authorization": f"Bearer {token}"})


async def test_the_forger_forges_well(api: httpx.AsyncClient, ada: Person) -> None:
    assert (await ask(api, forged(ada))).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"key": OTHER_KEY},
        {"iss": "https://evil.example"},
        {"aud": "another-api"},
        {"typ": "refresh"},
        {"typ": None},
        {"sub": "not-a-uuid"},
        {"sub": None},
        {"sid": None},
        {"jti": None},
        {"role": None},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"exp": "soon"},
    ],
    ids=str,
)
async def test_forged_tokens(api: httpx.AsyncClient, ada: Person, changes: dict[str, Any]) -> None:
    assert_problem(await ask(api, forged(ada, **changes)), 401, "invalid_token")


async def test_expired_tokens(api: httpx.AsyncClient, ada: Person) -> None:
    token = forged(ada, exp=datetime.now(UTC) - timedelta(minutes=1))
    assert_problem(await ask(api, token), 401, "token_expired")


@pytest.mark.parametrize("algorithm", ["none", "None", "HS512", "RS256", "EdDSA"])
async def test_other_algorithms(api: httpx.AsyncClient, ada: Person, algorithm: str) -> None:
    assert_problem(await ask(api, unsigned(ada, algorithm)), 401, "invalid_token")
    header, claims, _ = unsigned(ada, algorithm).split(".")
    assert_problem(await ask(api, f"{header}.{claims}."), 401, "invalid_token")


@pytest.mark.parametrize(
    "token",
    ["x", "a.b.c", "..", "é.é.é", "a" * 4000, f"{part({'kid': ['list']})}.e30.x", f"{part([])}.."],
)
async def test_junk_tokens(api: httpx.AsyncClient, token: str) -> None:
    headers = [(b"authorization", b"Bearer " + token.encode("latin-1"))]
    answer = await api.get("/users/me", headers=headers)
    assert_problem(answer, 401, "invalid_token")


@pytest.mark.parametrize("value", ["", "Bearer", "Basic YTpi", "bearer"])
async def test_no_token(api: httpx.AsyncClient, value: str) -> None:
    answer = await api.get("/users/me", headers={"Authorization": value})
    assert answer.status_code == 401
    assert_problem(await api.get("/users/me"), 401, "unauthorized")


async def test_a_refresh_token_is_no_access_token(api: httpx.AsyncClient, ada: Person) -> None:
    assert_problem(await ask(api, ada.tokens["refresh_token"]), 401, "invalid_token")


async def test_the_issuer_is_ours(ada: Person) -> None:
    claims = jwt.decode(ada.tokens["access_token"], options={"verify_signature": False})
    assert claims["iss"] == ORIGIN
    assert {"sub", "sid", "iss", "aud", "iat", "nbf", "exp", "jti", "typ", "role"} <= set(claims)
    assert claims["exp"] - claims["iat"] == 900
