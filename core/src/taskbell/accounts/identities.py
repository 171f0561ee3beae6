"""People whom another sign-in service knows: one account for each (issuer, subject).

The account is made when the first request comes. An e-mail address leads to an account that is
there already only if both sides have proven it, because somebody may have signed up with another's
address to wait for them:

    the token says       the account there    what happens
    verified             verified             linked, and a mail tells
    verified             not verified         linked, and taken from whoever made it
    not verified         any                  `EmailNotVerifiedError`

A token says nothing about what its bearer may do: roles are given here.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import links, sessions
from taskbell.accounts.changes import tell_followers
from taskbell.accounts.errors import EmailTakenError, InvalidTokenError
from taskbell.accounts.live import USER, usable
from taskbell.accounts.models import ApiToken, Identity, User
from taskbell.accounts.schemas import EmailAddress, Name
from taskbell.accounts.service import add_user, email_key, is_same_mailbox, touch
from taskbell.clock import now
from taskbell.db import METADATA, Database
from taskbell.errors import ForbiddenError
from taskbell.mail.notices import notify
from taskbell.statements import Statement

log = structlog.get_logger(__name__)

_IDENTITY = METADATA.tables[str(Identity.__tablename__)]
_EMAIL: TypeAdapter[str] = TypeAdapter(EmailAddress)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


class EmailNotVerifiedError(ForbiddenError):
    code = "email_not_verified"
    title = "There is an account with this e-mail address: confirm it at your sign-in service first"


class IdentityIncompleteError(ForbiddenError):
    code = "identity_incomplete"
    title = "The access token holds no usable e-mail address, which a new account needs"


@dataclass(frozen=True)
class ExternalIdentity:
    """Whom a token of another sign-in service is about; checked, apart from `email` and `name`.

    `issued_at`: when the token was made, which says nothing about when they last signed in;
    `signed_in_at` does, if the service tells.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str
    issued_at: datetime
    signed_in_at: datetime | None = None


class KnownUser(NamedTuple):
    """The account of an identity."""

    user_id: UUID
    role: str
    email: str
    email_verified: bool


_FIND = Statement(
    select(USER.c.id, USER.c.role, USER.c.email, USER.c.email_verified_at.is_not(None))
    .join(_IDENTITY, _IDENTITY.c.user_id == USER.c.id)
    .where(
        _IDENTITY.c.issuer == bindparam("issuer"),
        _IDENTITY.c.subject == bindparam("subject"),
        usable(),
    ),
    into=KnownUser,
)


async def find_user(database: Database, *, identity: ExternalIdentity) -> KnownUser | None:
    """Return the account of an identity if it is usable and nothing about it is to be changed.

    None: `user_of` knows more.
    """
    found = await _FIND.first(database, issuer=identity.issuer, subject=identity.subject)
    if found is None or found.email_verified or not identity.email_verified:
        return found
    same = is_same_mailbox(identity.email or "", found.email)
    return None if same else found  # the address was verified there since


async def user_of(session: AsyncSession, *, identity: ExternalIdentity) -> tuple[User, bool]:
    """Return the account of an identity, and whether it was made just now; then it has no lists.

    However many first requests come at once, they make one. Raises `InvalidTokenError` for an
    account that is disabled or leaving; on first sight `IdentityIncompleteError` without an e-mail
    address, `EmailNotVerifiedError` when somebody else may own the account of that address.
    """
    await session.execute(select(func.pg_advisory_xact_lock(_lock_key(identity))))
    user = await _known(session, identity)
    if user is not None:
        return user, False
    email = _valid(_EMAIL, identity.email)
    if email is None:
        raise IdentityIncompleteError
    verified_at = now() if identity.email_verified else None
    name = _valid(_NAME, identity.name[:100]) or ""
    try:
        user = await add_user(session, email=email, name=name, email_verified_at=verified_at)
        created = True
    except EmailTakenError:
        user = await _holder(session, identity, email)
        created = False
    session.add(Identity(issuer=identity.issuer, subject=identity.subject, user_id=user.id))
    await session.flush()
    log.info("identity_linked", user_id=str(user.id), created=created)
    return user, created


async def _known(session: AsyncSession, identity: ExternalIdentity) -> User | None:
    """Return the account that an identity has. Raises `InvalidTokenError`."""
    mine = select(col(Identity.user_id)).where(
        col(Identity.issuer) == identity.issuer, col(Identity.subject) == identity.subject
    )
    user = await _locked(session, col(User.id) == mine.scalar_subquery())
    if user is None:
        return None
    if not user.is_usable:
        raise InvalidTokenError
    same = is_same_mailbox(identity.email or "", user.email)
    if identity.email_verified and same and user.email_verified_at is None:
        user.email_verified_at = now()
        touch(user)
        log.info("email_verified", user_id=str(user.id))
    return user


async def _holder(session: AsyncSession, identity: ExternalIdentity, email: str) -> User:
    """Return the account that has an identity's address, if it may be linked.

    Raises `EmailNotVerifiedError`, `InvalidTokenError`.
    """
    user = await _locked(session, col(User.email_key) == email_key(email))
    if user is None:  # it went just now: the next request makes a new one
        raise EmailTakenError
    if not identity.email_verified or not is_same_mailbox(email, user.email):
        raise EmailNotVerifiedError  # an address that only looks like it proves nothing
    if not user.is_usable:
        raise InvalidTokenError
    if user.email_verified_at is None:
        await _take_over(session, user)
    await notify(session, "identity_linked", user_id=user.id, email=user.email)
    return user


async def _take_over(session: AsyncSession, user: User) -> None:
    """Shut out whoever made an account with an address that they never proved to be theirs.

    What is in it stays: mostly it is the same person, who never followed the link in our mail.
    """
    user.password_hash = user.pending_email = None
    user.email_verified_at = now()
    touch(user)
    await sessions.end_all(session, user_id=user.id, reason="taken_over")
    await links.spend_all(session, user_id=user.id, purposes=tuple(links.TTL))
    for table in (ApiToken, Identity):
        await session.execute(delete(table).where(col(table.user_id) == user.id))
    await tell_followers(session, user.id)
    log.warning("account_taken_over", user_id=str(user.id))


async def _locked(session: AsyncSession, chosen: ColumnElement[bool]) -> User | None:
    """Return the chosen user as it is now; nobody signs in to it until the transaction ends."""
    user: User | None = await session.scalar(
        select(User)
        .where(chosen)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return user


def _lock_key(identity: ExternalIdentity) -> int:
    digest = hashlib.sha256(f"{identity.issuer}\0{identity.subject}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _valid(kind: TypeAdapter[str], value: str | None) -> str | None:
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None
