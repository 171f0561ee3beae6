"""The next digest moves with the preferences and with the time zone."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_user
from taskbell.accounts import service as accounts
from taskbell.clock import now
from taskbell.digest import following as _following  # noqa: F401 (registers itself)
from taskbell.notifications.preferences import get_preferences, update_preferences
from taskbell.notifications.schemas import PreferencesPatch


async def test_it_is_planned_when_it_is_wanted_and_only_then(session: AsyncSession) -> None:
    user = await a_user(session, time_zone="Asia/Tokyo")
    found = await get_preferences(session, user_id=user.id)
    for fields, planned in (
        ({"quiet_start": time(22), "quiet_end": time(7)}, False),
        ({"digest_time": time(6)}, False),
        ({"digest_enabled": True}, True),
        ({"digest_time": time(5)}, True),
        ({"digest_enabled": None}, False),
    ):
        patch = PreferencesPatch(**fields)
        found = await update_preferences(session, user_id=user.id, patch=patch)
        assert (found.digest_next_at is not None) == planned


async def test_it_is_at_its_time_in_the_zone_of_the_profile(session: AsyncSession) -> None:
    user = await a_user(session, time_zone="Asia/Tokyo")
    patch = PreferencesPatch(digest_enabled=True, digest_time=time(6, 30))
    found = await update_preferences(session, user_id=user.id, patch=patch)
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        await accounts.update_user(session, user_id=user.id, changes={"time_zone": zone})
        assert found.digest_next_at is not None
        assert found.digest_next_at.astimezone(ZoneInfo(zone)).time() == time(6, 30)
        assert now() < found.digest_next_at <= now() + timedelta(days=1)
