"""Whether a sign-in still counts: its session goes on, and its account may be used.

An access token is good for 15 minutes, but what was revoked must stop at the next request. So each
hot statement carries `lives()`, and whatever else the API does asks `standing_of` first: no round
trip more for the one, one for the other (docs/decisions/0006-revoked-at-the-next-request.md).
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, func, or_, select

from taskbell.accounts.errors import SessionEndedError
from taskbell.accounts.models import AuthSession, User
from taskbell.db import METADATA, Timestamp
from taskbell.statements import Executor, Statement

USER = METADATA.tables[str(User.__tablename__)]
_SESSION = METADATA.tables[str(AuthSession.__tablename__)]


def usable() -> ColumnElement[bool]:
    """Return the condition that an account is neither disabled nor deleted."""
    return and_(USER.c.is_active, USER.c.deletion_at.is_(None))


_session_id = bindparam("session_id", type_=Uuid())
_OPEN = and_(
    _SESSION.c.id == _session_id,
    _SESSION.c.ended_at.is_(None),
    _SESSION.c.expires_at > func.now(),
    usable(),
)
_MINE = select(
    USER.c.role, func.coalesce(_SESSION.c.proven_at, _SESSION.c.created_at, type_=Timestamp())
).where(_SESSION.c.user_id == USER.c.id, _OPEN)


def lives() -> ColumnElement[bool]:
    """Return the condition that the session `:session_id` goes on; NULL stands for no session.

    Callers without a session (API tokens, other sign-in services) were looked up before.
    """
    return or_(_session_id.is_(None), _MINE.correlate(None).exists())


class Standing(NamedTuple):
    """What a session is worth now: its user's role, and when they last gave their password."""

    role: str
    proven_at: datetime


_STANDING = Statement(_MINE, into=Standing)


async def standing_of(executor: Executor, *, session_id: UUID) -> Standing:
    """Return what a session is worth as of now. Raises `SessionEndedError`."""
    found = await _STANDING.first(executor, session_id=session_id)
    if found is None:
        raise SessionEndedError
    return found


async def check(executor: Executor, *, session_id: UUID | None) -> None:
    """Raise `SessionEndedError` if there is a session and it does not go on."""
    if session_id is not None:
        await standing_of(executor, session_id=session_id)
