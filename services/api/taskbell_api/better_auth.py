"""Access tokens of a Better Auth server: its key pairs (EdDSA), or a secret shared with it (HS256).

Where keys come from, the algorithm of each, issuer and audience are settings; a token only names
one of the keys (RFC 8725 §3.1). Better Auth signs other things with the same keys, such as links
that confirm an address and cached sessions: none of them names both our issuer and our audience.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import jwt

from taskbell.accounts import identities
from taskbell.accounts.callers import Caller
from taskbell.accounts.errors import ExpiredTokenError, InvalidTokenError
from taskbell.accounts.identities import ExternalIdentity
from taskbell.accounts.tokens import LEEWAY
from taskbell.db import Database
from taskbell.lists.service import create_inbox
from taskbell_api.better_auth_settings import BetterAuthSettings
from taskbell_api.jwks import FileKeys, Key, Keys, RemoteKeys
from taskbell_api.settings import origin_of

LONGEST_TOKEN = 8 * 1024
LONGEST_LIFE_SECONDS = 24 * 60 * 60
"""Nobody can revoke such a token, so one that is stolen must end by itself."""
LONGEST_SUBJECT = 255
REMEMBERED = 2048
"""Valid tokens whose signature is not computed again; 120 µs each time."""

_REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
_REFUSED = frozenset({"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64"})
"""Header parameters that bring or point to a key, or change how the rest is read."""


_OF_CLIENTS = frozenset({"scope", "client_id", "azp"})
"""Claims of a token that a person gave to another program, for less than they may do themselves."""


class BetterAuth:
    """Checks the tokens of one issuer. `keys`: of its key pairs, if those are accepted."""

    def __init__(self, settings: BetterAuthSettings, keys: Keys | None) -> None:
        secret = settings.better_auth_secret
        self._issuer = issuer_of(settings)
        self._audience = settings.better_auth_audience or self._issuer
        self._keys = keys
        self._secret = Key("HS256", secret.get_secret_value().encode()) if secret else None
        # a key that is gone is not found any more, and so nothing that was remembered with it
        self._check_once = lru_cache(maxsize=REMEMBERED)(self._check)

    @classmethod
    def of(cls, settings: BetterAuthSettings) -> "BetterAuth | None":
        """Make what `settings` describe, None when they name no server. Connects to nothing."""
        if settings.better_auth_url is None and settings.better_auth_secret is None:
            return None
        return cls(settings, keys_of(settings))

    async def verify(self, token: str) -> ExternalIdentity:
        """Return whom a valid token is about.

        Raises `ExpiredTokenError`, `InvalidTokenError`, and `SignInServiceUnavailableError` when it
        cannot be told because the keys cannot be had.
        """
        identity, expires_at = self._check_once(token, await self._key_of(token))
        if time.time() >= expires_at + LEEWAY.total_seconds():
            raise ExpiredTokenError
        return identity

    async def caller_of(self, database: Database, token: str) -> Caller:
        """Return who a token lets in; whoever comes for the first time gets an account.

        Raises what `verify` and `identities.user_of` raise.
        """
        identity = await self.verify(token)
        known = await identities.find_user(database, identity=identity)
        if known is not None:
            return Caller(known.user_id, None, known.role, proven_at=identity.signed_in_at)
        async with database.transaction() as session:
            user, created = await identities.user_of(session, identity=identity)
            if created:
                await create_inbox(session, owner_id=user.id)
            return Caller(user.id, None, user.role, proven_at=identity.signed_in_at)

    async def close(self) -> None:
        """Close all connections."""
        if self._keys is not None:
            await self._keys.close()

    async def _key_of(self, token: str) -> Key:
        if len(token) > LONGEST_TOKEN:
            raise InvalidTokenError
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise InvalidTokenError from None
        if not _REFUSED.isdisjoint(header) or header.get("typ", "JWT") not in ("JWT", "jwt"):
            raise InvalidTokenError
        key, kid = None, header.get("kid")
        if header.get("alg") == "HS256":
            key = self._secret
        elif header.get("alg") == "EdDSA" and self._keys is not None and isinstance(kid, str):
            key = await self._keys.find(kid)
        if key is None:
            raise InvalidTokenError
        return key

    def _check(self, token: str, key: Key) -> tuple[ExternalIdentity, int]:
        """Return whom a token is about, and its `exp` (seconds since 1970).

        What is wrong is told only once the signature was right: to whoever sets up both sides.
        """
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
            issued, expires = int(claims["iat"]), int(claims["exp"])
        except jwt.ExpiredSignatureError:
            raise ExpiredTokenError from None
        except jwt.InvalidIssuerError:
            raise InvalidTokenError("The access token is of another issuer") from None
        except jwt.InvalidAudienceError:
            raise InvalidTokenError("The access token is for another audience") from None
        except jwt.MissingRequiredClaimError as error:
            raise InvalidTokenError(f"The access token has no {error.claim}") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise InvalidTokenError from None
        if expires - issued > LONGEST_LIFE_SECONDS:
            raise InvalidTokenError("The access token is good for more than 24 hours")
        return _identity(claims, issued), expires


def issuer_of(settings: BetterAuthSettings) -> str:
    """Return what tokens must name as `iss`: as Better Auth does, the origin of its URL.

    Without a URL it is `PUBLIC_URL`.
    """
    url = settings.better_auth_url
    return settings.public_url if url is None else origin_of(url)


def keys_of(settings: BetterAuthSettings) -> Keys | None:
    """Return where the public keys come from: the file, or the server, or nowhere."""
    url = settings.better_auth_url
    if settings.better_auth_jwks_file is not None:
        return FileKeys(settings.better_auth_jwks_file)
    return None if url is None else RemoteKeys(jwks_url_of(url))


def jwks_url_of(url: str) -> str:
    """Return the address of the keys. As in Better Auth, a path is all of its base path."""
    return f"{url}/jwks" if urlsplit(url).path else f"{url}/api/auth/jwks"


def _identity(claims: dict[str, Any], issued: int) -> ExternalIdentity:
    subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise InvalidTokenError("The access token has no usable sub")
    if not _OF_CLIENTS.isdisjoint(claims):
        raise InvalidTokenError("The access token was made for an OAuth client")
    # Better Auth's name for it, and OpenID Connect's; a text such as "false" is not true
    said = [claims[one] for one in ("emailVerified", "email_verified") if one in claims]
    return ExternalIdentity(
        issuer=claims["iss"],
        subject=subject,
        email=email if isinstance(email, str) else None,
        email_verified=bool(said) and all(one is True for one in said),
        name=name if isinstance(name, str) else "",
        issued_at=datetime.fromtimestamp(issued, UTC),
        signed_in_at=_instant(claims.get("auth_time"), latest=issued),
    )


def _instant(value: object, *, latest: int) -> datetime | None:
    if type(value) is not int or not 0 <= value <= latest:
        return None
    return datetime.fromtimestamp(value, UTC)
