"""How people wish to be told."""

from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.notifications.changes import tell_followers
from taskbell.notifications.channels import DEFAULT_CHANNELS
from taskbell.notifications.errors import PreferencesChangedError, QuietHoursError
from taskbell.notifications.models import NotificationPreference
from taskbell.notifications.schemas import PreferencesPatch

ALL_DAY_TIME = time(9)
DIGEST_TIME = time(7)
_SET_NONE = "users_without_preferences"
"""Key in `session.info`."""

_CLEARED: dict[str, Any] = {
    "default_channels": list(DEFAULT_CHANNELS),
    "all_day_time": ALL_DAY_TIME,
    "digest_enabled": False,
    "digest_time": DIGEST_TIME,
}


async def get_preferences(session: AsyncSession, *, user_id: UUID) -> NotificationPreference:
    """Return a user's preferences; who has set none has the defaults, as version 1."""
    nobodys: set[UUID] = session.info.setdefault(_SET_NONE, set())
    # asked once in a transaction, as the others are: a batch adds many tasks
    found = None if user_id in nobodys else await session.get(NotificationPreference, user_id)
    if found is None:
        nobodys.add(user_id)
    return found or NotificationPreference(user_id=user_id)


async def all_day_time(session: AsyncSession, *, user_id: UUID) -> time:
    """Return when a task that is due on a date counts as due for a user."""
    found: time | None = await session.scalar(
        select(col(NotificationPreference.all_day_time)).where(
            col(NotificationPreference.user_id) == user_id
        )
    )
    return found or ALL_DAY_TIME


async def update_preferences(
    session: AsyncSession, *, user_id: UUID, patch: PreferencesPatch, if_version: int | None = None
) -> NotificationPreference:
    """Merge a patch into a user's preferences; what depends on them moves in the same transaction.

    Raises `PreferencesChangedError`, `QuietHoursError`.
    """
    session.info.pop(_SET_NONE, None)
    await session.execute(
        insert(NotificationPreference).values(_defaults(user_id)).on_conflict_do_nothing()
    )
    preference = (
        await session.scalars(
            select(NotificationPreference)
            .where(col(NotificationPreference.user_id) == user_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()
    if if_version is not None and if_version != preference.version:
        raise PreferencesChangedError
    changes = {name: getattr(patch, name) for name in patch.model_fields_set}
    changes = {
        name: _CLEARED.get(name) if value is None else value for name, value in changes.items()
    }
    changed = frozenset(
        name for name, value in changes.items() if getattr(preference, name) != value
    )
    if not changed:
        return preference
    quiet = [changes.get(n, getattr(preference, n)) for n in ("quiet_start", "quiet_end")]
    if (quiet[0] is None) != (quiet[1] is None) or (quiet[0] is not None and quiet[0] == quiet[1]):
        raise QuietHoursError(field="body.quiet_end")
    with session.no_autoflush:  # the next digest is set by who follows
        for name in changed:
            setattr(preference, name, changes[name])
        preference.version += 1
        preference.updated_at = max(now(), preference.updated_at)
        await tell_followers(session, preference, changed)
    await session.flush()
    return preference


def _defaults(user_id: UUID) -> dict[str, Any]:
    return NotificationPreference(user_id=user_id).model_dump()
