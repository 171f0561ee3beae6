"""E-mail addresses and forgotten passwords: what a link in a mail is good for."""

from uuid import UUID

import structlog
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import links
from taskbell.accounts.errors import (
    EmailTakenError,
    EmailVerifiedError,
    LinkExpiredError,
    UserNotFoundError,
)
from taskbell.accounts.models import Identity, User
from taskbell.accounts.service import (
    Proof,
    email_key,
    find_by_email,
    get_user,
    proven_user,
    shut_out,
    touch,
)
from taskbell.clock import now
from taskbell.events.service import tell
from taskbell.ids import new_id
from taskbell.jobs.service import enqueue
from taskbell.mail.jobs import RESET, VERIFY, ResetPayload, VerifyPayload
from taskbell.mail.notices import notify

log = structlog.get_logger(__name__)


async def ask_to_verify(session: AsyncSession, *, user_id: UUID) -> None:
    """Mail the link that confirms a user's address once more. Raises `EmailVerifiedError`."""
    user = await get_user(session, user_id=user_id)
    if user.email_verified_at is not None:
        raise EmailVerifiedError
    await enqueue(session, VERIFY, VerifyPayload(user_id=user.id))


async def ask_to_change(session: AsyncSession, proof: Proof, *, email: str) -> None:
    """Mail a link to a new address; the old one is told, and stays until the link is used.

    Whether the new one is somebody else's shows only to who can read its mail.
    """
    user = await proven_user(session, proof)
    user.pending_email = email
    touch(user)
    await links.spend_all(session, user_id=user.id, purposes=("change_email",))
    await enqueue(session, VERIFY, VerifyPayload(user_id=user.id, change=True))
    await notify(session, "email_change_asked", user_id=user.id, email=user.email)
    log.info("email_change_asked", user_id=str(user.id))


async def verify(session: AsyncSession, *, token: str) -> None:
    """Confirm an address, or change to it, by a mailed link.

    Raises `LinkExpiredError`, and `EmailTakenError` for an address that somebody has by now.
    """
    link = await links.use(session, token=token, purposes=("verify_email", "change_email"))
    try:
        user = await get_user(session, user_id=link.user_id, for_update=True)
    except UserNotFoundError:
        raise LinkExpiredError from None
    if link.purpose == "verify_email":
        if link.email != user.email:  # it was changed since
            raise LinkExpiredError
    elif link.email != user.pending_email:  # they thought better of it
        raise LinkExpiredError
    else:
        await _change(session, user, link.email)
    user.email_verified_at = now()
    touch(user)
    tell(session, user.id)
    log.info("email_verified", user_id=str(user.id))


async def _change(session: AsyncSession, user: User, email: str) -> None:
    key, old = email_key(email), user.email
    holder = await find_by_email(session, email=email)
    if holder is not None and holder.id != user.id:
        raise EmailTakenError
    user.email, user.email_key, user.pending_email = email, key, None
    await session.flush()  # a race for the address ends here, as a 409
    # mailed to the old address: whoever reads it there must not get in by them
    await links.spend_all(
        session, user_id=user.id, purposes=("reset_password", "verify_email", "export")
    )
    await notify(session, "email_changed", user_id=user.id, email=old)
    log.info("email_changed", user_id=str(user.id))


async def forget_password(session: AsyncSession, *, email: str) -> None:
    """Mail a link to the account of an address; as much work when there is none."""
    user = await find_by_email(session, email=email)
    known = user is not None and user.is_active
    await enqueue(session, RESET, ResetPayload(user_id=user.id if user and known else new_id()))
    log.info("password_reset_asked", user_id=str(user.id) if user and known else None)


async def reset_password(session: AsyncSession, *, token: str, new_hash: str) -> UUID:
    """Set a password by a mailed link, which also proves the address; return the user's id.

    All sessions, API tokens and other links of the account end; one that its owner was leaving
    stays so until they sign in. Raises `LinkExpiredError`.
    """
    link = await links.use(session, token=token, purposes=("reset_password",))
    user = await session.get(
        User, link.user_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if user is None or not user.is_active or user.email != link.email:
        raise LinkExpiredError
    if user.email_verified_at is None:
        # whoever came by another sign-in service named this address, and never proved it
        await session.execute(delete(Identity).where(col(Identity.user_id) == user.id))
        user.email_verified_at = now()
    user.password_hash = new_hash
    touch(user)
    tell(session, user.id)
    await shut_out(session, user, reason="password_reset")
    await notify(session, "password_reset", user_id=user.id, email=user.email)
    log.info("password_reset", user_id=str(user.id))
    return user.id


async def email_of_link(session: AsyncSession, *, token: str) -> str:
    """Return the address that a good link to a new password was mailed to.

    Raises `LinkExpiredError`.
    """
    return await links.email_of(session, token=token, purpose="reset_password")
