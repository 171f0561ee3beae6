"""Access tokens (JWT, RFC 7519) and refresh tokens (opaque).

The algorithm, issuer and audience are fixed here and never taken from the token (RFC 8725 §3.1).
"""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt

from taskbell.accounts.callers import Caller
from taskbell.accounts.errors import ExpiredTokenError, InvalidTokenError
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.settings import TokenSettings

ALGORITHM = "HS256"
AUDIENCE = "taskbell-api"
ACCESS_TTL = timedelta(minutes=15)
LEEWAY = timedelta(seconds=10)
REMEMBERED = 4096
"""Valid tokens whose signature is not computed again; 70 µs each time (docs/performance.md)."""

_REQUIRED = ["sub", "sid", "iss", "aud", "iat", "nbf", "exp", "jti", "typ", "role"]


class TokenKeys:
    """The signing key and the older ones that are still accepted."""

    def __init__(self, settings: TokenSettings) -> None:
        secret = settings.jwt_secret.get_secret_value()
        older = [value.get_secret_value() for value in settings.jwt_previous_secrets]
        self._current = _kid(secret)
        self._keys = {_kid(value): value for value in [*older, secret]}
        self._issuer = settings.public_url
        self._check_once = lru_cache(maxsize=REMEMBERED)(self._check)
        self._successor_key = hashlib.sha256(b"refresh successor:" + secret.encode()).digest()

    def issue(self, user: User, session_id: UUID) -> str:
        """Return an access token that ends after `ACCESS_TTL`."""
        issued = now()
        claims = {
            "sub": str(user.id),
            "sid": str(session_id),
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": issued,
            "nbf": issued,
            "exp": issued + ACCESS_TTL,
            "jti": str(new_id()),
            "typ": "access",
            "role": user.role,
        }
        key = self._keys[self._current]
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": self._current})

    def verify(self, token: str) -> Caller:
        """Return the caller of a valid token.

        Raises `ExpiredTokenError`, or `InvalidTokenError` without telling more. Tokens that were
        valid are remembered: a signature does not change, only the time is looked at again.
        """
        caller, expires_at = self._check_once(token)
        if time.time() >= expires_at + LEEWAY.total_seconds():
            raise ExpiredTokenError
        return caller

    def _check(self, token: str) -> tuple[Caller, int]:
        """Return the caller of a token and its `exp` (seconds since 1970)."""
        try:
            key = self._keys[str(jwt.get_unverified_header(token).get("kid"))]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
            if claims["typ"] != "access":
                raise InvalidTokenError
            caller = Caller(UUID(claims["sub"]), UUID(claims["sid"]), str(claims["role"]))
            return caller, int(claims["exp"])
        except jwt.ExpiredSignatureError:
            raise ExpiredTokenError from None
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError):
            raise InvalidTokenError from None

    def knows(self, token: str) -> bool:
        """Tell whether a token names one of our keys; it may still be anybody's forgery."""
        try:
            return str(jwt.get_unverified_header(token).get("kid")) in self._keys
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return False

    def successor(self, refresh_token: str) -> str:
        """Return the refresh token that follows `refresh_token`.

        Derived, so that two requests with the same spent token can get the same answer although
        only hashes are stored.
        """
        digest = hmac.new(self._successor_key, refresh_token.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _kid(secret: str) -> str:
    return hashlib.sha256(b"kid:" + secret.encode()).hexdigest()[:12]


def new_refresh_token() -> str:
    """Return 256 random bits for a new session."""
    return secrets.token_urlsafe(32)


def hash_refresh_token(token: str) -> bytes:
    """Return what is stored of a refresh token: it is random, a plain SHA-256 suffices."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
