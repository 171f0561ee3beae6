"""Signatures of webhook messages (Standard Webhooks, standardwebhooks.com, version 1)."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

PREFIX = "whsec_"
KEY_BYTES = 32


def make_secret() -> str:
    """Return a new secret: `whsec_` and 32 random bytes in Base64."""
    return PREFIX + b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def wire_id(message_id: UUID) -> str:
    """Return what the `webhook-id` header says: the same each time a message is sent."""
    return f"msg_{message_id.hex}"


def sign(secret: str, *, message: str, timestamp: int, body: bytes) -> str:
    """Return the signature of one sending; `timestamp` in seconds since 1970."""
    key = b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message.encode(), str(timestamp).encode(), body))
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(
    secrets_: Sequence[str], *, message_id: UUID, moment: datetime, body: bytes
) -> dict[str, str]:
    """Return the headers of one sending, with a signature by each of the valid secrets."""
    message, timestamp = wire_id(message_id), int(moment.timestamp())
    signatures = [sign(one, message=message, timestamp=timestamp, body=body) for one in secrets_]
    return {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
