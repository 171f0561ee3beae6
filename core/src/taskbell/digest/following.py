"""Digests move with the preferences, and with the time zone of the profile."""

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts.changes import follows_time_zone
from taskbell.accounts.models import User
from taskbell.digest.service import reschedule
from taskbell.notifications.changes import follows_preferences
from taskbell.notifications.models import NotificationPreference


@follows_preferences
async def follow_preferences(
    session: AsyncSession, preference: NotificationPreference, changed: frozenset[str]
) -> None:
    """Plan the next digest anew when there is to be one, or none, or at another time."""
    if changed & {"digest_enabled", "digest_time"}:
        user = await session.get_one(User, preference.user_id)
        await reschedule(session, preference, user.time_zone)


@follows_time_zone
async def follow_time_zone(session: AsyncSession, user: User) -> None:
    """Plan the next digest anew when its owner lives by other clocks."""
    preference = await session.get(NotificationPreference, user.id, with_for_update=True)
    if preference is not None and preference.digest_enabled:
        await reschedule(session, preference, user.time_zone)
        await session.flush()
