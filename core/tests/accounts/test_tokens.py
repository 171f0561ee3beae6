"""Access tokens: what is accepted is fixed here, whatever a token says of itself."""

import base64
import json
import time
import warnings
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from taskbell.accounts.errors import ExpiredTokenError, InvalidTokenError
from taskbell.accounts.models import User
from taskbell.accounts.tokens import (
    ACCESS_TTL,
    LEEWAY,
    TokenKeys,
    hash_refresh_token,
    new_refresh_token,
)
from taskbell.clock import now
from taskbell.settings import TokenSettings

URL = "https://tasks.example.com"
NEW, OLD, FOREIGN = (f"{name}-secret-of-at-least-32-bytes-length" for name in ("new", "old", "x"))
ADA = User(email="ada@example.com", email_key="ada@example.com", role="admin")
SESSION = uuid4()


def keys(secret: str, *older: str, url: str = URL) -> TokenKeys:
    return TokenKeys(
        TokenSettings(
            jwt_secret=SecretStr(secret),
            jwt_previous_secrets=tuple(SecretStr(one) for one in older),
            public_url=url,
        )
    )


KEYS = keys(NEW)
TOKEN = KEYS.issue(ADA, SESSION)
KID = jwt.get_unverified_header(TOKEN)["kid"]


def forged(
    secret: str = NEW, header: dict[str, Any] | None = None, drop: str | None = None, **claims: Any
) -> str:
    content = jwt.decode(TOKEN, options={"verify_signature": False}) | claims
    content.pop(drop or "", None)
    algorithm = (header or {}).get("alg", "HS256")
    with warnings.catch_warnings(action="ignore"):  # of keys too short for other algorithms
        return jwt.encode(
            content, secret, algorithm=algorithm, headers={"kid": KID} | (header or {})
        )


def test_a_token_names_its_caller() -> None:
    caller = KEYS.verify(TOKEN)
    assert (caller.user_id, caller.session_id, caller.role) == (ADA.id, SESSION, "admin")
    assert KEYS.verify(forged()) == caller


def test_its_claims() -> None:
    claims = jwt.decode(TOKEN, options={"verify_signature": False})
    assert set(claims) == {
        "sub", "sid", "iss", "aud", "iat", "nbf", "exp", "jti", "typ", "role",
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] == 900
    assert claims["iss"] == URL


def unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    claims = jwt.decode(TOKEN, options={"verify_signature": False})
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b.c", "ü.ü.ü", "\ud800", "." * 50, TOKEN[:-2], TOKEN + "x", f"{TOKEN}.x",
        unsigned({"alg": "none", "typ": "JWT"}),
        unsigned({"alg": "none", "kid": KID}),
        unsigned({"alg": "None", "kid": KID}),
        unsigned({"alg": "HS256", "kid": KID}),
        unsigned({"alg": ["HS256"], "kid": KID}),
        unsigned({"alg": "RS256", "kid": KID}),
        unsigned({"kid": KID}),
        base64.urlsafe_b64encode(b"[" * 50_000).decode() + ".e30.x",
    ],
)  # fmt: skip
def test_what_is_not_signed(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        KEYS.verify(token)


@pytest.mark.parametrize(
    "token",
    [
        forged(FOREIGN),
        forged(header={"alg": "HS384"}),
        forged(header={"alg": "HS512"}),
        forged(header={"kid": "../../dev/null"}),
        forged(header={"kid": ""}),
        forged(FOREIGN, header={"kid": FOREIGN}),
        forged(FOREIGN, header={"jwk": {"kty": "oct", "k": "eA"}, "jku": "https://evil.example"}),
        forged(iss="https://evil.example"),
        forged(iss=f"{URL}/"),
        forged(aud="other-api"),
        forged(typ="refresh"),
        forged(typ=None),
        forged(sub="1"),
        forged(sid="' OR 1=1 --"),
        forged(nbf=now() + timedelta(minutes=5)),
        *(forged(drop=claim) for claim in ("sub", "sid", "iss", "aud", "iat", "nbf", "exp", "jti",
                                           "typ", "role")),
    ],
)  # fmt: skip
def test_what_is_signed_wrongly_or_says_other_things(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        KEYS.verify(token)


def test_the_kid_may_not_be_an_object() -> None:
    header = {"alg": "HS256", "kid": [KID]}
    with pytest.raises(InvalidTokenError):
        KEYS.verify(unsigned(header))


def test_an_expired_token_says_so_only_to_its_owner() -> None:
    past = now() - timedelta(minutes=1)
    with pytest.raises(ExpiredTokenError):
        KEYS.verify(forged(exp=past))
    with pytest.raises(InvalidTokenError):
        KEYS.verify(forged(FOREIGN, exp=past))


def test_clocks_may_differ_by_seconds() -> None:
    assert KEYS.verify(forged(exp=now() - timedelta(seconds=5)))
    assert KEYS.verify(forged(nbf=now() + timedelta(seconds=5)))


def test_older_secrets_still_verify_and_the_current_one_signs() -> None:
    before, after = keys(OLD), keys(NEW, OLD)
    assert after.verify(before.issue(ADA, SESSION)).user_id == ADA.id
    with pytest.raises(InvalidTokenError):
        before.verify(after.issue(ADA, SESSION))
    with pytest.raises(InvalidTokenError):
        keys(NEW).verify(before.issue(ADA, SESSION))


def test_another_address_is_another_issuer() -> None:
    with pytest.raises(InvalidTokenError):
        keys(NEW, url="https://other.example.com").verify(TOKEN)


@given(st.text(st.characters()))
def test_no_text_is_a_token(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        KEYS.verify(token)


def test_refresh_tokens_are_random_and_kept_as_hashes() -> None:
    one, other = new_refresh_token(), new_refresh_token()
    assert one != other
    assert len(base64.urlsafe_b64decode(one + "=")) == 32
    assert len(hash_refresh_token(one)) == 32
    assert hash_refresh_token("\ud800")


def test_a_successor_follows_from_its_token_and_our_secret() -> None:
    assert KEYS.successor("a") == keys(NEW).successor("a")
    assert len({"a", KEYS.successor("a"), KEYS.successor("b"), keys(OLD).successor("a")}) == 4


def test_a_remembered_token_expires_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    token = KEYS.issue(ADA, SESSION)
    began = time.time()
    assert KEYS.verify(token) == KEYS.verify(token)
    ends = began + ACCESS_TTL.total_seconds() + LEEWAY.total_seconds()
    monkeypatch.setattr("taskbell.accounts.tokens.time.time", lambda: ends - 5)
    assert KEYS.verify(token)
    monkeypatch.setattr("taskbell.accounts.tokens.time.time", lambda: ends + 1)
    with pytest.raises(ExpiredTokenError):
        KEYS.verify(token)


def test_invalid_tokens_take_no_memory() -> None:
    fresh = keys(NEW)
    for number in range(20):
        with pytest.raises(InvalidTokenError):
            fresh.verify(f"no token {number}")
    assert fresh._check_once.cache_info().currsize == 0
    fresh.verify(KEYS.issue(ADA, SESSION))
    assert fresh._check_once.cache_info().currsize == 1
