"""Keys of Better Auth's tokens: each for its own algorithm, and none that a token brings."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from taskbell.accounts.errors import InvalidTokenError
from taskbell_api.better_auth import BetterAuth
from taskbell_api.better_auth_settings import BetterAuthSettings

from .sign_in_service import Pair, SignInService, base64url, unsigned

SECRET = "a-secret-of-more-than-32-bytes-for-both"
AUDIENCE = "https://tasks.example.com"


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


@pytest_asyncio.fixture(scope="module")
async def both(service: SignInService) -> AsyncIterator[BetterAuth]:
    made = BetterAuth.of(
        settings(better_auth_url=service.url, better_auth_secret=SECRET, public_url=AUDIENCE)
    )
    assert made is not None
    yield made
    await made.close()


async def refusal(checker: BetterAuth, token: str) -> str:
    with pytest.raises(InvalidTokenError) as refused:
        await checker.verify(token)
    return refused.value.detail


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "{url}/mine"},
        {"x5u": "{url}/mine"},
        {"x5c": ["x"]},
        {"x5t": "x"},
        {"x5t#S256": "x"},
        {"jwk": {}},
        {"crit": ["exp"]},
        {"b64": True},
        {"typ": "x+jwt"},
        {"typ": "better-auth.session-cache+jwt"},
        {"typ": []},
        {"kid": "k0"},
        {"kid": ["k1"]},
        {"kid": ""},
    ],
    ids=str,
)
async def test_headers_that_no_token_may_have(
    service: SignInService, server: BetterAuth, header: dict[str, Any]
) -> None:
    await server.verify(service.token())
    asked = service.fetches
    filled = json.loads(json.dumps(header).replace("{url}", service.url))
    pair = service.pairs[-1]
    assert await refusal(server, pair.sign(service.claims(), **filled)) == InvalidTokenError.title
    assert service.fetches == asked


async def test_a_key_in_the_token_is_not_looked_at(
    service: SignInService, server: BetterAuth
) -> None:
    own = Pair("k1")  # an id that the server has too
    await server.verify(service.pairs[0].sign(service.claims()))
    await refusal(server, own.sign(service.claims()))
    await refusal(server, own.sign(service.claims(), jwk=own.jwk))


async def test_a_key_must_be_named(service: SignInService, server: BetterAuth) -> None:
    await refusal(server, service.pairs[0].sign(service.claims(), kid=None))


def hmacked(key: bytes, claims: dict[str, Any], **header: Any) -> str:
    text = unsigned({"alg": "HS256", "typ": "JWT"} | header, claims)
    return f"{text}.{base64url(hmac.digest(key, text.encode(), hashlib.sha256))}"


async def test_a_public_key_is_no_secret(
    service: SignInService, server: BetterAuth, both: BetterAuth
) -> None:
    """Signed by HMAC with what everybody can read, in each form that somebody may try."""
    pair = service.pairs[-1]
    public = pair.private.public_key()
    forms = [
        pair.public_bytes,
        base64url(pair.public_bytes).encode(),
        base64.b64encode(pair.public_bytes),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(pair.jwk).encode(),
        b"",
    ]
    for key in forms:
        for algorithm in ("HS256", "EdDSA"):
            token = hmacked(key, service.claims(), kid=pair.kid, alg=algorithm)
            for checker in (server, both):
                assert await refusal(checker, token) == InvalidTokenError.title


async def test_other_algorithms(service: SignInService, both: BetterAuth) -> None:
    pair, claims = service.pairs[-1], service.claims()
    for algorithm in (
        "none",
        "None",
        "NONE",
        "",
        None,
        "ES256",
        "RS256",
        "HS512",
        "Ed448",
        ["EdDSA"],
    ):
        for key in (pair.public_bytes, SECRET.encode()):
            token = hmacked(key, claims, kid=pair.kid, alg=algorithm)
            await refusal(both, token)
            await refusal(both, token.rpartition(".")[0] + ".")
    await refusal(both, jwt.encode(claims, Ed448PrivateKey.generate(), "EdDSA", {"kid": pair.kid}))
    await refusal(both, jwt.encode(claims, SECRET * 2, "HS384"))


async def test_a_secret_alone_does_not_ask_for_keys(service: SignInService) -> None:
    checker = BetterAuth(settings(better_auth_url=service.url, better_auth_secret=SECRET), None)
    identity = await checker.verify(jwt.encode(service.claims(), SECRET, "HS256"))
    assert identity.subject == "u1"
    await refusal(checker, service.token())


async def test_without_a_secret_none_is_taken(service: SignInService, server: BetterAuth) -> None:
    for key in (SECRET, "better-auth-secret-12345678901234567890"):
        await refusal(server, jwt.encode(service.claims(), key, "HS256"))


async def test_a_shared_secret(service: SignInService, both: BetterAuth) -> None:
    assert (await both.verify(jwt.encode(service.claims(), SECRET, "HS256"))).subject == "u1"
    assert (await both.verify(service.token())).subject == "u1"
    await refusal(both, jwt.encode(service.claims(), SECRET + "x", "HS256"))
    await refusal(both, jwt.encode(service.claims(iss=AUDIENCE), SECRET, "HS256"))


async def test_other_things_that_better_auth_signs_with_its_secret(
    service: SignInService, both: BetterAuth
) -> None:
    """A link that confirms an address, and a session that is kept in a cookie."""
    now = int(time.time())
    user = {"id": "u1", "email": "ada@example.com", "emailVerified": True}
    for claims in (
        {"email": "ada@example.com"},
        {"session": {"token": "x"}, "user": user, "updatedAt": now, "version": "1"},
    ):
        token = jwt.encode(claims | {"iat": now, "exp": now + 300}, SECRET, "HS256")
        await refusal(both, token)


async def test_the_issuer_of_a_secret_alone_is_our_own_address() -> None:
    made = settings(better_auth_secret=SECRET, public_url=AUDIENCE)
    checker = BetterAuth.of(made)
    assert checker is not None
    now = int(time.time())
    claims = {"sub": "u1", "iss": AUDIENCE, "aud": AUDIENCE, "iat": now, "exp": now + 60}
    identity = await checker.verify(jwt.encode(claims, SECRET, "HS256"))
    assert (identity.issuer, identity.email, identity.email_verified) == (AUDIENCE, None, False)
    assert identity.name == ""


@given(st.text() | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}", fullmatch=True))
async def test_junk(text: str) -> None:
    checker = BetterAuth(settings(better_auth_secret=SECRET), None)
    for token in (text, f"{base64url(text.encode('utf-8', 'replace'))}.e30.x"):
        await refusal(checker, token)
