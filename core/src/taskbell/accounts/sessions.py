"""Sessions: one sign-in on one device, and the family of its refresh tokens.

States are drawn in docs/state-machines.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.errors import InvalidRefreshTokenError, SessionNotFoundError
from taskbell.accounts.models import AuthSession, RefreshToken, User
from taskbell.accounts.tokens import TokenKeys, hash_refresh_token, new_refresh_token
from taskbell.clock import now

IDLE_TTL = timedelta(days=30)
"""A session that is not used for so long ends."""

ABSOLUTE_TTL = timedelta(days=180)
"""And after so long whoever it is signs in again."""

MOST_SESSIONS = 100
"""Of one user at once; a further one ends the one unused for longest."""

PRUNE_AFTER = timedelta(days=30)
REUSE_GRACE = timedelta(seconds=10)
"""A spent refresh token asked for again this soon is a lost answer or a second tab, not a thief."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Device:
    """Where a request comes from, as far as it tells."""

    user_agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class SignedIn:
    """The result of signing in: whose session, and its secrets."""

    user: User
    access_token: str
    refresh_token: str


async def start_session(
    session: AsyncSession, keys: TokenKeys, *, user: User, device: Device
) -> SignedIn:
    """Begin a session for a user whose identity was just proven."""
    begun = now()
    auth_session = AuthSession(
        user_id=user.id,
        user_agent=device.user_agent[:200],
        address=device.address[:64],
        created_at=begun,
        last_used_at=begun,
        expires_at=begun + IDLE_TTL,
    )
    session.add(auth_session)
    await session.flush()
    await _make_room(session, user_id=user.id)
    refresh_token = new_refresh_token()
    session.add(
        RefreshToken(token_hash=hash_refresh_token(refresh_token), session_id=auth_session.id)
    )
    return SignedIn(user, keys.issue(user, auth_session.id), refresh_token)


async def _make_room(session: AsyncSession, *, user_id: UUID) -> None:
    superfluous = (
        select(col(AuthSession.id))
        .where(*_open(user_id))
        .order_by(col(AuthSession.last_used_at).desc(), col(AuthSession.id).desc())
        .offset(MOST_SESSIONS)
    )
    await end(session, col(AuthSession.id).in_(superfluous), reason="too_many")


async def refresh(
    session: AsyncSession, keys: TokenKeys, *, token: str, address: str = ""
) -> SignedIn | None:
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
    if auth_session.ended_at or auth_session.expires_at <= moment or not user.is_usable:
        raise InvalidRefreshTokenError
    # read again under the lock: another request may have spent it while we waited
    await session.refresh(spent)
    if spent.spent_at is not None and moment - spent.spent_at > REUSE_GRACE:
        await end(session, col(AuthSession.id) == auth_session.id, reason="refresh_token_reused")
        log.warning("refresh_reuse", user_id=str(user.id), session_id=str(auth_session.id))
        return None
    successor = keys.successor(token)
    if spent.spent_at is None:
        spent.spent_at = moment
        session.add(
            RefreshToken(token_hash=hash_refresh_token(successor), session_id=auth_session.id)
        )
        auth_session.last_used_at = moment
        auth_session.expires_at = min(moment + IDLE_TTL, auth_session.created_at + ABSOLUTE_TTL)
        if address:
            auth_session.address = address[:64]
    return SignedIn(user, keys.issue(user, auth_session.id), successor)


async def note_proof(session: AsyncSession, *, session_id: UUID) -> None:
    """Note that the password of a session's user was given again just now."""
    await session.execute(
        update(AuthSession)
        .where(col(AuthSession.id) == session_id)
        .values(proven_at=now())
        .execution_options(synchronize_session=False)
    )


async def log_out(session: AsyncSession, *, token: str, reason: str = "signed_out") -> None:
    """End the session of a refresh token; an unknown one is nobody's session."""
    found = (
        await session.execute(
            select(col(AuthSession.id), col(AuthSession.user_id))
            .join(RefreshToken, col(RefreshToken.session_id) == col(AuthSession.id))
            .where(col(RefreshToken.token_hash) == hash_refresh_token(token))
        )
    ).one_or_none()
    if found is not None and await end(session, col(AuthSession.id) == found.id, reason=reason):
        log.info(
            "session_ended", reason=reason, user_id=str(found.user_id), session_id=str(found.id)
        )


def _open(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(AuthSession.user_id) == user_id,
        col(AuthSession.ended_at).is_(None),
        col(AuthSession.expires_at) > now(),
    )


async def list_sessions(session: AsyncSession, *, user_id: UUID) -> list[AuthSession]:
    """Return a user's sessions that go on, the last used first."""
    found = await session.scalars(
        select(AuthSession)
        .where(*_open(user_id))
        .order_by(col(AuthSession.last_used_at).desc(), col(AuthSession.id).desc())
    )
    return list(found)


async def end_session(session: AsyncSession, *, user_id: UUID, session_id: UUID) -> None:
    """End one of a user's own sessions. Raises `SessionNotFoundError`, also for one that ended."""
    mine = (*_open(user_id), col(AuthSession.id) == session_id)
    if not await end(session, *mine, reason="revoked"):
        raise SessionNotFoundError
    log.info("session_revoked", user_id=str(user_id), session_id=str(session_id))


async def end_all(
    session: AsyncSession, *, user_id: UUID, reason: str, but: UUID | None = None
) -> int:
    """End all sessions of a user, `but` one; return how many there were."""
    chosen = [*_open(user_id), *([col(AuthSession.id) != but] if but else [])]
    ended = await end(session, *chosen, reason=reason)
    log.info("sessions_ended", user_id=str(user_id), sessions=ended, reason=reason)
    return ended


async def end(session: AsyncSession, *chosen: ColumnElement[bool], reason: str) -> int:
    """End the sessions that are `chosen` and go on; return how many."""
    ended = await session.scalars(
        update(AuthSession)
        .where(col(AuthSession.ended_at).is_(None), *chosen)
        .values(ended_at=now(), ended_reason=reason)
        .returning(col(AuthSession.id))
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


async def prune_sessions(session: AsyncSession) -> None:
    """Delete sessions that ended or expired `PRUNE_AFTER` ago, and tokens spent before that."""
    limit = now() - PRUNE_AFTER
    await session.execute(
        delete(AuthSession)
        .where(or_(col(AuthSession.ended_at) < limit, col(AuthSession.expires_at) < limit))
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        delete(RefreshToken)
        .where(col(RefreshToken.spent_at) < limit)
        .execution_options(synchronize_session=False)
    )


async def last_seen(session: AsyncSession, *, user_ids: list[UUID]) -> dict[UUID, datetime]:
    """Return when each of these users last used a session we still know of."""
    rows = await session.execute(
        select(col(AuthSession.user_id), func.max(col(AuthSession.last_used_at)))
        .where(col(AuthSession.user_id).in_(user_ids))
        .group_by(col(AuthSession.user_id))
    )
    return {row[0]: row[1] for row in rows}
