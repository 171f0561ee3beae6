"""The hot operation of accounts, in one statement that is a transaction of its own."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from taskbell.accounts.errors import UserNotFoundError
from taskbell.accounts.models import User
from taskbell.db import METADATA, Database
from taskbell.statements import Statement

_USER = METADATA.tables[str(User.__tablename__)]


class UserRow(NamedTuple):
    """An account; see `User` for its fields."""

    id: UUID
    email: str
    name: str
    role: str
    time_zone: str
    version: int
    created_at: datetime
    updated_at: datetime


_GET = Statement(
    select(*[_USER.c[name] for name in UserRow._fields]).where(
        _USER.c.id == bindparam("user_id"), _USER.c.is_active
    ),
    into=UserRow,
)


async def get_user(database: Database, *, user_id: UUID) -> UserRow:
    """Return an active user. Raises `UserNotFoundError`."""
    user = await _GET.first(database, user_id=user_id)
    if user is None:
        raise UserNotFoundError
    return user
