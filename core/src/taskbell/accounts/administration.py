"""What administrators do with accounts. There is always one who can."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Uuid, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import sessions
from taskbell.accounts.errors import LastAdminError, UserNotFoundError
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.events.service import tell
from taskbell.mail.notices import NoticeName, notify
from taskbell.paging import InvalidCursorError, decode_cursor, encode_cursor

log = structlog.get_logger(__name__)

_ADMINS = select(col(User.id)).where(
    col(User.role) == "admin", col(User.is_active), col(User.deletion_at).is_(None)
)


async def lock_admins(session: AsyncSession) -> None:
    """Wait for other requests that may take an administrator away, and keep the next ones waiting.

    Two of the last two administrators who demote each other at once must not both succeed.
    """
    await session.execute(_ADMINS.order_by(col(User.id)).with_for_update(key_share=True))


async def keep_one_admin(session: AsyncSession, *, without: User) -> None:
    """Raise `LastAdminError` when there would be no administrator without this user.

    After `lock_admins`, and before the user is changed.
    """
    if without.role != "admin":
        return
    other = await session.scalar(_ADMINS.where(col(User.id) != without.id).limit(1))
    if other is None:
        raise LastAdminError


async def find_user(session: AsyncSession, *, user_id: UUID) -> User:
    """Return any user, usable or not. Raises `UserNotFoundError`."""
    user = await session.get(User, user_id)
    if user is None:
        raise UserNotFoundError
    return user


async def list_users(
    session: AsyncSession,
    *,
    q: str | None = None,
    role: str | None = None,
    is_active: bool | None = None,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> tuple[list[User], int | None, str | None]:
    """Return a page of users, the newest first; their number in all, and the next cursor.

    `q` is a part of the e-mail address or name. Raises `InvalidCursorError`.
    """
    conditions = []
    if q:
        part = f"%{_escaped(q)}%"
        conditions.append(
            or_(col(User.email).ilike(part, escape="\\"), col(User.name).ilike(part, escape="\\"))
        )
    if role is not None:
        conditions.append(col(User.role) == role)
    if is_active is not None:
        conditions.append(col(User.is_active).is_(is_active))
    wanted = select(User).where(*conditions).order_by(col(User.id).desc()).limit(per_page + 1)
    total = None
    if cursor is not None:
        wanted = wanted.where(col(User.id) < bindparam("last", _last(cursor), type_=Uuid()))
    else:
        wanted = wanted.offset((page - 1) * per_page)
        count = select(func.count()).select_from(User).where(*conditions)
        total = await session.scalar(count)
    found = list(await session.scalars(wanted))
    following = encode_cursor(str(found[per_page - 1].id)) if len(found) > per_page else None
    return found[:per_page], total, following


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _last(cursor: str) -> UUID:
    (value,) = decode_cursor(cursor, length=1)
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise InvalidCursorError from None


async def change_user(
    session: AsyncSession, *, admin_id: UUID, user_id: UUID, changes: dict[str, Any]
) -> User:
    """Set `role` or `is_active` of a user, who is told by mail.

    A disabled user is signed out everywhere. Raises `UserNotFoundError`, `LastAdminError`.
    """
    await lock_admins(session)
    user = await session.get(
        User, user_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if user is None:
        raise UserNotFoundError
    changes = {name: value for name, value in changes.items() if getattr(user, name) != value}
    if not changes:
        return user
    if changes.get("role") == "user" or changes.get("is_active") is False:
        await keep_one_admin(session, without=user)
    for name, value in changes.items():
        setattr(user, name, value)
    user.version += 1
    user.updated_at = now()
    who = {"user_id": str(user.id), "by": str(admin_id)}
    tell(session, user.id)
    if "role" in changes:
        await notify(session, "role_changed", user_id=user.id, email=user.email)
        log.warning("role_changed", role=user.role, **who)
    if "is_active" in changes:
        if not user.is_active:
            await sessions.end_all(session, user_id=user.id, reason="account_disabled")
        what: NoticeName = "account_enabled" if user.is_active else "account_disabled"
        await notify(session, what, user_id=user.id, email=user.email)
        log.warning(what, **who)
    return user


async def make_admin(session: AsyncSession, *, user: User) -> None:
    """Give a user the role `admin`, for the command line."""
    user.role, user.is_active, user.deletion_at = "admin", True, None
    user.version += 1
    user.updated_at = now()
    await session.flush()
    await notify(session, "role_changed", user_id=user.id, email=user.email)
    log.warning("role_changed", role="admin", user_id=str(user.id), by="command line")
