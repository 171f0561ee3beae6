"""The link that switches a digest off: works for ever, without signing in (RFC 8058).

Its token is the user's id and a MAC of it by a key of this installation, so nothing is kept.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from urllib.parse import quote
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.errors import TaskbellError
from taskbell.installation import service as installation
from taskbell.notifications.models import NotificationPreference as Preference

KEY = "unsubscribe_key"
PURPOSE = b"taskbell digest unsubscribe\n"
PATH = "/api/v1/digest/unsubscribe"
PAGE = "/unsubscribe"
LENGTH = 64
"""Characters of a token: 16 bytes of id and 32 of MAC."""

log = structlog.get_logger(__name__)


class InvalidUnsubscribeTokenError(TaskbellError):
    status = 400
    code = "invalid_unsubscribe_token"
    title = "This is not a link of a digest of ours"


async def make_token(session: AsyncSession, *, user_id: UUID) -> str:
    """Return the token of a user: always the same one."""
    mac = _mac(await _key(session), user_id)
    return base64.urlsafe_b64encode(user_id.bytes + mac).decode()


async def unsubscribe(session: AsyncSession, *, token: str) -> None:
    """Switch a digest off; one that is off stays so. Raises `InvalidUnsubscribeTokenError`."""
    user_id, mac = _parse(token)
    if not hmac.compare_digest(mac, _mac(await _key(session), user_id)):
        raise InvalidUnsubscribeTokenError
    switched_off = await session.scalar(
        update(Preference)
        .where(col(Preference.user_id) == user_id, col(Preference.digest_enabled))
        .values(
            digest_enabled=False,
            digest_next_at=None,
            version=Preference.version + 1,
            updated_at=now(),
        )
        .returning(col(Preference.user_id))
        .execution_options(synchronize_session=False)
    )
    if switched_off is not None:
        log.info("digest_unsubscribed", user_id=str(user_id))


def one_click_url(public_url: str, token: str) -> str:
    """Return the address that mail programs POST to; a GET of it changes nothing."""
    return f"{public_url}{PATH}?token={token}"


def page_url(public_url: str, token: str) -> str:
    """Return the address of the page that asks first; the token is where no server sees it."""
    return f"{public_url}{PAGE}#token={quote(token, safe='')}"


async def _key(session: AsyncSession) -> bytes:
    key = await installation.secret(session, KEY, lambda: secrets.token_hex(32))
    return key.encode()


def _mac(key: bytes, user_id: UUID) -> bytes:
    return hmac.digest(key, PURPOSE + user_id.bytes, hashlib.sha256)


def _parse(token: str) -> tuple[UUID, bytes]:
    try:
        raw = base64.urlsafe_b64decode(token)
    except (binascii.Error, ValueError):
        raise InvalidUnsubscribeTokenError from None
    # one form only: it is also read with other characters between, or with "+" for "-"
    if len(token) != LENGTH or base64.urlsafe_b64encode(raw).decode() != token:
        raise InvalidUnsubscribeTokenError
    return UUID(bytes=raw[:16]), raw[16:]
