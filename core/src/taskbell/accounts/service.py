"""What can be done with accounts: sign up, sign in, refresh, sign out, change oneself."""

import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import passwords
from taskbell.accounts.errors import (
    EmailTakenError,
    InvalidRefreshTokenError,
    UserNotFoundError,
    WrongCredentialsError,
)
from taskbell.accounts.models import AuthSession, RefreshToken, User
from taskbell.accounts.tokens import TokenKeys, hash_refresh_token, new_refresh_token
from taskbell.clock import now
from taskbell.jobs.service import enqueue
from taskbell.mail.jobs import WELCOME, WelcomePayload

SESSION_TTL = timedelta(days=30)
PRUNE_AFTER = timedelta(days=30)
REUSE_GRACE = timedelta(seconds=10)
"""A spent refresh token asked for again this soon is a lost answer or a second tab, not a thief."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SignedIn:
    """The result of signing in: whose session, and its secrets."""

    user: User
    access_token: str
    refresh_token: str


def email_key(email: str) -> str:
    """Return the form in which an address is unique: NFKC, case folded, the domain in ASCII."""
    folded = unicodedata.normalize("NFKC", email).casefold()
    folded = unicodedata.normalize("NFKC", folded).strip()  # folding may take characters apart
    with suppress(EmailNotValidError):  # nobody's address: nothing is found by it
        domain = validate_email(folded, check_deliverability=False).ascii_domain
        folded = f"{folded.rpartition('@')[0]}@{domain}"
    return folded


async def sign_up(
    session: AsyncSession, *, email: str, password: str, name: str | None, time_zone: str
) -> User:
    """Add an account and its welcome mail.

    Raises `WeakPasswordError`, `EmailTakenError`.
    """
    passwords.check_strength(password, email=email)
    values = {
        "email": email,
        "email_key": email_key(email),
        "name": name or "",
        "password_hash": await passwords.hash_password(password),
        "time_zone": time_zone,
    }
    # no error in the database, whose log would name the address
    user: User | None = await session.scalar(
        insert(User)
        .values(values)
        .on_conflict_do_nothing(index_elements=["email_key"])
        .returning(User)
    )
    if user is None:
        raise EmailTakenError
    await enqueue(
        session, WELCOME, WelcomePayload(user_id=user.id), dedupe_key=f"welcome:{user.id}"
    )
    log.info("account_created", user_id=str(user.id))
    return user


async def find_by_email(session: AsyncSession, *, email: str) -> User | None:
    """Return the account of an address, active or not."""
    user: User | None = await session.scalar(
        select(User).where(col(User.email_key) == email_key(email))
    )
    return user


async def log_in(user: User | None, *, password: str) -> User:
    """Return the user whose password this is, or the same error after the same time for any reason.

    Takes the user instead of a session: no connection waits while the password is hashed. Raises
    `WrongCredentialsError`.
    """
    right = await passwords.verify(password, user.password_hash if user else None)
    if user is None or not right or not user.is_active:
        log.warning("login_failed")
        raise WrongCredentialsError
    log.info("login_ok", user_id=str(user.id))
    return user


async def start_session(
    session: AsyncSession, keys: TokenKeys, *, user: User, user_agent: str
) -> SignedIn:
    """Begin a session for a user whose identity was just proven."""
    auth_session = AuthSession(
        user_id=user.id, user_agent=user_agent[:200], expires_at=now() + SESSION_TTL
    )
    session.add(auth_session)
    await session.flush()
    refresh_token = new_refresh_token()
    session.add(
        RefreshToken(token_hash=hash_refresh_token(refresh_token), session_id=auth_session.id)
    )
    return SignedIn(user, keys.issue(user, auth_session.id), refresh_token)


async def refresh(session: AsyncSession, keys: TokenKeys, *, token: str) -> SignedIn | None:
    """Exchange a refresh token for its successor and a new access token.

    Raises `InvalidRefreshTokenError`. A token spent more than `REUSE_GRACE` ago was stolen, from
    whom nobody can tell: the whole session ends and None is returned, for the caller to commit
    before it answers as for any invalid token.
    """
    found = (
        await session.execute(
            select(RefreshToken, AuthSession, User)
            .join(AuthSession, col(AuthSession.id) == col(RefreshToken.session_id))
            .join(User, col(User.id) == col(AuthSession.user_id))
            .where(col(RefreshToken.token_hash) == hash_refresh_token(token))
            # the session row serialises the refreshes of one family
            .with_for_update(of=AuthSession)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None:
        raise InvalidRefreshTokenError
    spent, auth_session, user = found
    moment = now()
    if auth_session.ended_at or auth_session.expires_at <= moment or not user.is_active:
        raise InvalidRefreshTokenError
    # read again under the lock: another request may have spent it while we waited
    await session.refresh(spent)
    if spent.spent_at is not None and moment - spent.spent_at > REUSE_GRACE:
        await _end(session, auth_session.id, reason="refresh_token_reused")
        log.warning("refresh_reuse", user_id=str(user.id), session_id=str(auth_session.id))
        return None
    successor = keys.successor(token)
    if spent.spent_at is None:
        spent.spent_at = moment
        session.add(
            RefreshToken(token_hash=hash_refresh_token(successor), session_id=auth_session.id)
        )
        auth_session.last_used_at = moment
        auth_session.expires_at = moment + SESSION_TTL
    return SignedIn(user, keys.issue(user, auth_session.id), successor)


async def log_out(session: AsyncSession, *, token: str) -> None:
    """End the session of a refresh token; an unknown one is nobody's session."""
    session_id = await session.scalar(
        select(col(RefreshToken.session_id)).where(
            col(RefreshToken.token_hash) == hash_refresh_token(token)
        )
    )
    if session_id is not None:
        await _end(session, session_id, reason="signed_out")


async def _end(session: AsyncSession, session_id: UUID, *, reason: str) -> None:
    await session.execute(
        update(AuthSession)
        .where(col(AuthSession.id) == session_id, col(AuthSession.ended_at).is_(None))
        .values(ended_at=now(), ended_reason=reason)
    )


async def prune_sessions(session: AsyncSession) -> None:
    """Delete sessions that ended or expired `PRUNE_AFTER` ago, with their tokens."""
    limit = now() - PRUNE_AFTER
    await session.execute(
        delete(AuthSession)
        .where(or_(col(AuthSession.ended_at) < limit, col(AuthSession.expires_at) < limit))
        .execution_options(synchronize_session=False)
    )


async def get_user(session: AsyncSession, *, user_id: UUID, for_update: bool = False) -> User:
    """Return an active user. Raises `UserNotFoundError`."""
    user = await session.get(User, user_id, with_for_update=for_update)
    if user is None or not user.is_active:
        raise UserNotFoundError
    return user


async def update_user(session: AsyncSession, *, user_id: UUID, changes: dict[str, Any]) -> User:
    """Merge `changes` (name, time_zone) into a user. Raises `UserNotFoundError`."""
    user = await get_user(session, user_id=user_id, for_update=True)
    for field, value in changes.items():
        setattr(user, field, value)
    user.version += 1
    user.updated_at = now()
    return user
