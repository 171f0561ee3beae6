"""Links in mails: a secret that proves the mailbox, works once, and ends by itself.

The secret is made when the mail is sent and kept as a hash: no job, no row and no log holds it. In
the link it is behind a `#`, which browsers send to no server.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.errors import LinkExpiredError
from taskbell.accounts.models import MailedLink
from taskbell.clock import now

Purpose = Literal["verify_email", "change_email", "reset_password", "export", "reminder_action"]

TTL: dict[Purpose, timedelta] = {
    "verify_email": timedelta(days=7),
    "change_email": timedelta(days=1),
    "reset_password": timedelta(hours=1),
    "export": timedelta(days=7),
    "reminder_action": timedelta(days=7),
}
PAGES: dict[Purpose, str] = {
    "verify_email": "verify-email",
    "change_email": "verify-email",
    "reset_password": "reset-password",
    "export": "export",
    "reminder_action": "reminder",
}
"""The page of the front end that each link opens."""

PRUNE_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class NewLink:
    """A link to be mailed; only `keep` makes it work."""

    token: str
    purpose: Purpose
    user_id: UUID
    email: str

    @classmethod
    def make(cls, purpose: Purpose, *, user_id: UUID, email: str) -> "NewLink":
        """Make a link with 256 random bits."""
        return cls(secrets.token_urlsafe(32), purpose, user_id, email)

    def url(self, public_url: str) -> str:
        """Return the address of the page; made from our own setting, never from a request."""
        return f"{public_url}/{PAGES[self.purpose]}#token={self.token}"


def hash_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


async def keep(session: AsyncSession, link: NewLink) -> None:
    """Let a link work from now on, for the time of its purpose."""
    moment = now()
    session.add(
        MailedLink(
            token_hash=hash_of(link.token),
            user_id=link.user_id,
            purpose=link.purpose,
            email=link.email,
            created_at=moment,
            expires_at=moment + TTL[link.purpose],
        )
    )
    await session.flush()


async def use(session: AsyncSession, *, token: str, purposes: tuple[Purpose, ...]) -> MailedLink:
    """Spend a link and return it: of many requests with it, one gets it.

    Raises `LinkExpiredError`.
    """
    found: MailedLink | None = await session.scalar(
        update(MailedLink)
        .where(
            col(MailedLink.token_hash) == hash_of(token),
            col(MailedLink.purpose).in_(purposes),
            col(MailedLink.used_at).is_(None),
            col(MailedLink.expires_at) > now(),
        )
        .values(used_at=now())
        .returning(MailedLink)
    )
    if found is None:
        raise LinkExpiredError
    return found


async def check(
    session: AsyncSession, *, token: str, purpose: Purpose, user_id: UUID, field: str
) -> None:
    """Raise `LinkExpiredError` unless a link of this user is good; it stays good."""
    link = await session.get(MailedLink, hash_of(token))
    mine = link is not None and (link.purpose, link.user_id) == (purpose, user_id)
    if link is None or not mine or link.used_at is not None or link.expires_at <= now():
        raise LinkExpiredError(field=field)


async def email_of(session: AsyncSession, *, token: str, purpose: Purpose) -> str:
    """Return the address that a good link was mailed to. Raises `LinkExpiredError`."""
    link = await session.get(MailedLink, hash_of(token))
    if link is None or link.purpose != purpose or link.used_at or link.expires_at <= now():
        raise LinkExpiredError
    return link.email


async def spend_all(session: AsyncSession, *, user_id: UUID, purposes: tuple[Purpose, ...]) -> None:
    """Make a user's outstanding links of these purposes useless."""
    await session.execute(
        update(MailedLink)
        .where(
            col(MailedLink.user_id) == user_id,
            col(MailedLink.purpose).in_(purposes),
            col(MailedLink.used_at).is_(None),
        )
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )


async def prune_links(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` links that ended `PRUNE_AFTER` ago; return how many."""
    old = select(col(MailedLink.token_hash)).where(col(MailedLink.expires_at) < now() - PRUNE_AFTER)
    pruned = await session.execute(
        delete(MailedLink)
        .where(col(MailedLink.token_hash).in_(old.limit(most)))
        .returning(col(MailedLink.token_hash))
        .execution_options(synchronize_session=False)
    )
    return len(pruned.all())
