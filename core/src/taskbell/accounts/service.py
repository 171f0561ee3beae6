"""What people do with their own account: sign up, prove who they are, change it, leave it."""

import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import administration, links, passwords, sessions
from taskbell.accounts.changes import tell_followers, tell_zone_followers
from taskbell.accounts.errors import (
    EmailTakenError,
    NoPasswordError,
    UserNotFoundError,
    WrongCredentialsError,
    WrongPasswordError,
)
from taskbell.accounts.jobs import PURGE, PurgePayload
from taskbell.accounts.models import ApiToken, User
from taskbell.clock import now
from taskbell.jobs.service import enqueue
from taskbell.mail.jobs import WELCOME, WelcomePayload
from taskbell.mail.notices import notify

DELETION_GRACE = timedelta(days=7)

log = structlog.get_logger(__name__)


def email_key(email: str) -> str:
    """Return the form in which an address is unique; several that look alike may have the same.

    The part before the `@` in NFKC and case folded, the domain in ASCII (RFC 5891).
    """
    local_part, _, domain = email.strip().rpartition("@")
    folded = unicodedata.normalize("NFKC", local_part).casefold()
    folded = unicodedata.normalize("NFKC", folded).strip()  # folding may take characters apart
    return f"{folded}@{_ascii(domain)}"


def is_same_mailbox(one: str, other: str) -> bool:
    """Tell whether two addresses are surely one mailbox: the same but for upper and lower case.

    What proves one of them proves the other. An equal `email_key` does not say so much.
    """
    parts = [address.strip().rpartition("@") for address in (one, other)]
    local_parts = {unicodedata.normalize("NFC", part[0]).lower() for part in parts}
    return len(local_parts) == 1 and len({_ascii(part[2]) for part in parts}) == 1


def _ascii(domain: str) -> str:
    # not folded before: `ß` is a letter of its own in a domain, and not `ss`
    with suppress(EmailNotValidError):  # nobody's address: nothing is found by it
        return validate_email(f"x@{domain.strip()}", check_deliverability=False).ascii_domain
    return unicodedata.normalize("NFKC", domain).casefold().strip()


async def sign_up(
    session: AsyncSession, *, email: str, password: str, name: str | None, time_zone: str
) -> User:
    """Add an account and its welcome mail.

    Raises `WeakPasswordError`, `EmailTakenError`.
    """
    passwords.check_strength(password, email=email)
    user = await add_user(
        session,
        email=email,
        name=name or "",
        password_hash=await passwords.hash_password(password),
        time_zone=time_zone,
    )
    await enqueue(
        session, WELCOME, WelcomePayload(user_id=user.id), dedupe_key=f"welcome:{user.id}"
    )
    return user


async def add_user(session: AsyncSession, *, email: str, **fields: Any) -> User:
    """Add an account and nothing else. Raises `EmailTakenError`."""
    # no error in the database, whose log would name the address
    user: User | None = await session.scalar(
        insert(User)
        .values(email=email, email_key=email_key(email), **fields)
        .on_conflict_do_nothing(index_elements=["email_key"])
        .returning(User)
    )
    if user is None:
        raise EmailTakenError
    log.info("account_created", user_id=str(user.id))
    return user


async def find_by_email(session: AsyncSession, *, email: str) -> User | None:
    """Return the account of an address, usable or not."""
    user: User | None = await session.scalar(
        select(User).where(col(User.email_key) == email_key(email))
    )
    return user


@dataclass(frozen=True)
class Proof:
    """Somebody knew the password of `user`; `rehashed` is its hash by today's parameters, or None.

    It counts as long as the password is still that one: see `admit`.
    """

    user: User
    rehashed: str | None = None


async def log_in(user: User | None, *, password: str) -> Proof:
    """Prove a user by password, or raise the same error after the same time for any reason.

    Takes the user instead of a session: no connection waits while the password is hashed. Raises
    `WrongCredentialsError`.
    """
    right = await passwords.verify(password, user.password_hash if user else None)
    if user is None or not right or not user.is_active:
        log.warning("login_failed", user_id=str(user.id) if user else None)
        raise WrongCredentialsError
    log.info("login_ok", user_id=str(user.id))
    return Proof(user, await passwords.renewed(password, user.password_hash))


async def admit(session: AsyncSession, proof: Proof) -> User:
    """Return the proven user, locked; one who was leaving stays.

    Raises `WrongCredentialsError` when the password was changed, or the account disabled, while we
    looked at the password; and when the time to think better of leaving is over.
    """
    user = await _locked(session, proof.user.id)
    if user is None or not user.is_active or user.password_hash != proof.user.password_hash:
        raise WrongCredentialsError
    if user.deletion_at is not None and user.deletion_at <= now():
        raise WrongCredentialsError  # a part of what was there may be gone
    if proof.rehashed is not None:
        user.password_hash = proof.rehashed
        log.info("password_rehashed", user_id=str(user.id))
    if user.deletion_at is not None:
        user.deletion_at = None
        await notify(session, "account_kept", user_id=user.id, email=user.email)
        log.info("deletion_taken_back", user_id=str(user.id))
    return user


async def prove_again(user: User, *, password: str) -> Proof:
    """Prove a signed-in user once more, before something that matters.

    Raises `NoPasswordError`, `WrongPasswordError`.
    """
    if user.password_hash is None:
        raise NoPasswordError
    if not await passwords.verify(password, user.password_hash):
        log.warning("reauthentication_failed", user_id=str(user.id))
        raise WrongPasswordError
    return Proof(user)


async def _locked(session: AsyncSession, user_id: UUID) -> User | None:
    # key_share: what refers to the user may be added meanwhile
    return await session.get(
        User, user_id, with_for_update={"key_share": True}, populate_existing=True
    )


async def get_user(session: AsyncSession, *, user_id: UUID, for_update: bool = False) -> User:
    """Return a usable user. Raises `UserNotFoundError`."""
    user = await (_locked(session, user_id) if for_update else session.get(User, user_id))
    if user is None or not user.is_usable:
        raise UserNotFoundError
    return user


async def proven_user(session: AsyncSession, proof: Proof) -> User:
    """Return the proven user, locked. Raises `WrongPasswordError` if the password is another."""
    user = await get_user(session, user_id=proof.user.id, for_update=True)
    if user.password_hash != proof.user.password_hash:
        raise WrongPasswordError
    return user


def touch(user: User) -> None:
    """Note a change."""
    user.version += 1
    user.updated_at = now()


async def update_user(session: AsyncSession, *, user_id: UUID, changes: dict[str, Any]) -> User:
    """Merge `changes` (name, time_zone, locale, week_start) into a user.

    Raises `UserNotFoundError`.
    """
    user = await get_user(session, user_id=user_id, for_update=True)
    zone = user.time_zone
    for field, value in changes.items():
        setattr(user, field, value)
    touch(user)
    if user.time_zone != zone:
        await tell_zone_followers(session, user)
    return user


async def change_password(
    session: AsyncSession, proof: Proof, *, new_hash: str, session_id: UUID | None
) -> None:
    """Set a new password; all sessions but `session_id` end, and a mail tells.

    Raises `WrongPasswordError` when another request changed it first.
    """
    user = await proven_user(session, proof)
    user.password_hash = new_hash
    touch(user)
    await _drop_what_is_open(session, user)
    await sessions.end_all(session, user_id=user.id, reason="password_changed", but=session_id)
    await notify(session, "password_changed", user_id=user.id, email=user.email)
    log.info("password_changed", user_id=str(user.id))


async def _drop_what_is_open(session: AsyncSession, user: User) -> None:
    # a thief may have asked for another address, whose link would outlive the new password
    user.pending_email = None
    every: tuple[links.Purpose, ...] = get_args(links.Purpose)
    await links.spend_all(session, user_id=user.id, purposes=every)


async def shut_out(session: AsyncSession, user: User, *, reason: str) -> None:
    """End everything that gives access to an account but its password."""
    await _drop_what_is_open(session, user)
    await session.execute(delete(ApiToken).where(col(ApiToken.user_id) == user.id))
    await tell_followers(session, user.id)
    await sessions.end_all(session, user_id=user.id, reason=reason)


async def delete_account(session: AsyncSession, proof: Proof) -> None:
    """Sign a user out everywhere, for good after `DELETION_GRACE` unless they sign in again.

    Raises `LastAdminError`, `WrongPasswordError`.
    """
    await administration.lock_admins(session)
    user = await proven_user(session, proof)
    await administration.keep_one_admin(session, without=user)
    user.deletion_at = now() + DELETION_GRACE
    touch(user)
    await shut_out(session, user, reason="account_deleted")
    await enqueue(session, PURGE, PurgePayload(user_id=user.id), run_at=user.deletion_at)
    await notify(
        session, "deletion_planned", user_id=user.id, email=user.email, moment=user.deletion_at
    )
    log.info("deletion_planned", user_id=str(user.id))
