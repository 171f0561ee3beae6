"""Access tokens that must not be taken."""

import asyncio
import base64
import hmac
import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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


# --- what a header says of its key ----------------------------------------------------------------


def signed(person: Person, key: Any, *, algorithm: str = "HS256", **header: Any) -> str:
    """Return the person's own claims, signed anew."""
    token = person.tokens["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    with warnings.catch_warnings(action="ignore"):  # of keys too short for an algorithm
        return jwt.encode(claims, key, algorithm=algorithm, headers=kid_of(person) | header)


def kid_of(person: Person) -> dict[str, Any]:
    return {"kid": jwt.get_unverified_header(person.tokens["access_token"])["kid"]}


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_our_own_key_with_another_algorithm(
    api: httpx.AsyncClient, ada: Person, algorithm: str
) -> None:
    token = signed(ada, LOCAL_JWT_SECRET, algorithm=algorithm)
    assert_problem(await ask(api, token), 401, "invalid_token")


async def test_key_pairs_of_others(api: httpx.AsyncClient, ada: Person) -> None:
    """Signed by a key of one's own, which the header brings along."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True)
    for algorithm, key in (("RS256", rsa_key), ("EdDSA", Ed25519PrivateKey.generate())):
        token = signed(ada, key, algorithm=algorithm, jwk=public)
        assert_problem(await ask(api, token), 401, "invalid_token")
    pem = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # by hand: libraries refuse to sign with a public key as the secret
    claims = ada.tokens["access_token"].split(".")[1]
    unsigned_part = f"{part({'alg': 'HS256', **kid_of(ada)})}.{claims}"
    signature = hmac.digest(pem, unsigned_part.encode(), "sha256")
    token = f"{unsigned_part}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert_problem(await ask(api, token), 401, "invalid_token")


KIDS: list[Any] = [
    "../../../../dev/null", "/dev/null", "/proc/sys/kernel/randomize_va_space", "'", "0",
    "x' UNION SELECT 'key' --", "' OR '1'='1", "key\x00", "$(id)", "http://evil.example/key",
    "", [], ["x"], {}, {"x": 1}, 0, True, None,
]  # fmt: skip


@pytest.mark.parametrize("kid", KIDS, ids=ascii)
@pytest.mark.parametrize("key", ["", "key", "0", OTHER_KEY])
async def test_a_kid_is_only_a_name(
    api: httpx.AsyncClient, ada: Person, kid: Any, key: str
) -> None:
    """Neither a path nor a query: what it does not name does not count."""
    claims = ada.tokens["access_token"].split(".")[1]
    unsigned_part = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{claims}"
    signature = hmac.digest(key.encode(), unsigned_part.encode(), "sha256")
    token = f"{unsigned_part}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert_problem(await ask(api, token), 401, "invalid_token")


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "url"])
async def test_a_header_brings_no_key(api: httpx.AsyncClient, ada: Person, name: str) -> None:
    """They are ignored, and nothing is fetched: only the signature by our key counts."""
    fetched: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fetched.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
        secret = base64.urlsafe_b64encode(OTHER_KEY.encode()).decode()
        key = {"kty": "oct", "k": secret, "alg": "HS256", **kid_of(ada)}
        values: dict[str, Any] = {"jwk": key, "x5c": [secret]}
        value = values.get(name, url)
        forgery = signed(ada, OTHER_KEY, **{name: value})
        assert_problem(await ask(api, forgery), 401, "invalid_token")
        assert (await ask(api, signed(ada, LOCAL_JWT_SECRET, **{name: value}))).status_code == 200
        await asyncio.sleep(0.05)
    assert fetched == []
