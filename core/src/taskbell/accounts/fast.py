"""The hot operation of accounts, in one statement that is a transaction of its own."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select

from taskbell.accounts import live
from taskbell.accounts.errors import UserNotFoundError
from taskbell.accounts.live import USER
from taskbell.db import Database
from taskbell.statements import Statement


class UserRow(NamedTuple):
    """An account; see `schemas.UserOut` for its fields."""

    id: UUID
    email: str
    email_verified: bool
    pending_email: str | None
    name: str
    role: str
    time_zone: str
    locale: str
    week_start: str
    has_password: bool
    version: int
    created_at: datetime
    updated_at: datetime


_COMPUTED: dict[str, ColumnElement[Any]] = {
    "email_verified": USER.c.email_verified_at.is_not(None),
    "has_password": USER.c.password_hash.is_not(None),
}
_GET = Statement(
    select(*[(_COMPUTED | dict(USER.c))[name] for name in UserRow._fields]).where(
        USER.c.id == bindparam("user_id"), live.usable(), live.lives()
    ),
    into=UserRow,
)


async def get_user(database: Database, *, user_id: UUID, session_id: UUID | None = None) -> UserRow:
    """Return a usable user. Raises `UserNotFoundError`, `SessionEndedError`."""
    user = await _GET.first(database, user_id=user_id, session_id=session_id)
    if user is None:
        await live.check(database, session_id=session_id)
        raise UserNotFoundError
    return user
