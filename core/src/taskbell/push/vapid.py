"""VAPID (RFC 8292): how a push service knows that a message comes from this installation.

A device subscribes with our public key, and takes messages that are signed with the private one
only. Should the key be lost, all devices must subscribe again.
"""

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.clock import now
from taskbell.installation.service import secret
from taskbell.outbound.urls import parse
from taskbell.push.encryption import public_point

SECRET_NAME = "vapid_private_key"  # noqa: S105
TTL = timedelta(hours=12)
"""Of a token; push services refuse more than 24 hours (RFC 8292 §2)."""

REUSED_FOR = timedelta(hours=6)
MOST_ORIGINS = 1000
"""Tokens kept. Push services are few, but who subscribes names the origin."""


def to_base64(raw: bytes) -> str:
    """Return bytes as base64url without padding, as the Push API writes them."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Return the bytes of base64url, padded or not. Raises `ValueError`."""
    bare = text.rstrip("=")
    return b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def new_key() -> str:
    """Return a new private key (P-256), as PEM."""
    made = generate_private_key(SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Signer:
    """Signs requests to push services with an installation's key; keeps a token per origin.

    `subject`: a `mailto:` or `https:` URI by which a push service may reach whoever runs this.
    """

    def __init__(self, pem: str, *, subject: str) -> None:
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError("the VAPID key must be a P-256 key")
        self._key = key
        self._subject = subject
        self._tokens: dict[str, tuple[datetime, str]] = {}
        self.public_key = to_base64(public_point(key.public_key()))

    def authorization(self, endpoint: str) -> str:
        """Return the `Authorization` header of a request to `endpoint`.

        Raises `AddressRefusedError` for what is no address.
        """
        origin, moment = parse(endpoint).origin, now()
        made_at, token = self._tokens.get(origin, (moment - REUSED_FOR, ""))
        # a clock that was set back makes a token that ends too late: then a new one too
        if not made_at <= moment < made_at + REUSED_FOR:
            claims = {"aud": origin, "exp": int((moment + TTL).timestamp()), "sub": self._subject}
            token = jwt.encode(claims, self._key, algorithm="ES256")
            if len(self._tokens) >= MOST_ORIGINS:
                self._tokens.clear()
            self._tokens[origin] = (moment, token)
        return f"vapid t={token}, k={self.public_key}"


@lru_cache(maxsize=8)
def _signer(pem: str, subject: str) -> Signer:
    return Signer(pem, subject=subject)


async def signer(session: AsyncSession, *, subject: str = "") -> Signer:
    """Return this installation's signer; its key is made when it is asked for first.

    One short statement: what is kept in this process goes by the key, so that it is never that of
    a transaction that was rolled back, or of a database before it was restored.
    """
    return _signer(await secret(session, SECRET_NAME, new_key), subject)
