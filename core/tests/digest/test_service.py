"""Planning digests: once for each local day, whatever happens to clocks, zones and workers."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.digest import service as digests
from taskbell.digest.jobs import DigestPayload
from taskbell.digest.models import Digest
from taskbell.digest.service import DueDigest, NoDigest
from taskbell.jobs.models import Job
from taskbell.notifications.models import NotificationPreference as Preference
from taskbell.recurrence.slots import today

AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def a_reader(session: AsyncSession, **fields: Any) -> tuple[User, Preference]:
    """Add somebody who has a digest each day."""
    user = await a_user(session, **({"email_verified_at": now()} | fields))
    preference = Preference(user_id=user.id, digest_enabled=True)
    await digests.reschedule(session, preference, user.time_zone)
    session.add(preference)
    await session.flush()
    return user, preference


async def make_due(session: AsyncSession, preference: Preference, zone: str = "UTC") -> date:
    """Let the time of the next digest pass, a moment ago; return the local day that it is."""
    local = now().astimezone(ZoneInfo(zone))
    preference.digest_time = local.time().replace(microsecond=0)
    preference.digest_next_at = now() - timedelta(seconds=1)
    await session.flush()
    return local.date()


async def planned(session: AsyncSession) -> list[tuple[date, str]]:
    wanted = select(col(Digest.day), col(Digest.state)).order_by(col(Digest.day))
    rows = await session.execute(wanted)
    return [(row[0], row[1]) for row in rows]


async def jobs(session: AsyncSession) -> int:
    found = select(func.count()).select_from(Job).where(col(Job.kind) == "mail.digest")
    return await session.scalar(found) or 0


# --- planning -----------------------------------------------------------------------------


async def test_a_due_digest_is_planned_once(session: AsyncSession) -> None:
    _, preference = await a_reader(session)
    version = preference.version
    assert await digests.plan_digests(session) == 0, "it is not time yet"
    day = await make_due(session, preference)
    assert await digests.plan_digests(session) == 1
    assert await digests.plan_digests(session) == 0
    await session.refresh(preference)
    assert await planned(session) == [(day, "planned")]
    assert await jobs(session) == 1
    assert (preference.digest_last_day, preference.version) == (day, version)
    assert preference.digest_next_at is not None
    assert timedelta(0) < preference.digest_next_at - now() <= DAY


async def test_workers_at_once_plan_it_once(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        for _ in range(20):
            _, preference = await a_reader(session)
            await make_due(session, preference)

    async def plan() -> int:
        async with empty_database.transaction() as session:
            return await digests.plan_digests(session, most=7)

    looked_at = 0
    while found := sum(await asyncio.gather(*(plan() for _ in range(4)))):
        looked_at += found
    assert looked_at == 20
    async with empty_database.transaction() as session:
        assert (len(await planned(session)), await jobs(session)) == (20, 20)


async def test_a_day_that_was_sent_is_not_planned_again(session: AsyncSession) -> None:
    """Whatever sets the clock of the plan back: the key and the last day both hold."""
    user, preference = await a_reader(session)
    day = await make_due(session, preference)
    await digests.plan_digests(session)
    await session.refresh(preference)
    await make_due(session, preference)
    await digests.plan_digests(session)
    assert (len(await planned(session)), await jobs(session)) == (1, 1)
    preference.digest_last_day = None  # even so
    await make_due(session, preference)
    await digests.plan_digests(session)
    assert await planned(session) == [(day, "planned")]
    assert await jobs(session) == 1
    assert user.id == preference.user_id


async def test_days_that_are_over_are_not_sent(session: AsyncSession) -> None:
    """Five days away: one digest, of today."""
    _, preference = await a_reader(session)
    day = await make_due(session, preference)
    preference.digest_next_at = now() - 5 * DAY
    preference.digest_last_day = day - 6 * DAY
    await session.flush()
    await digests.plan_digests(session)
    assert await planned(session) == [(day, "planned")]


async def test_nobodys_zone_stops_the_others(session: AsyncSession) -> None:
    lost, _ = await a_reader(session)
    _, other = await a_reader(session)
    lost.time_zone = "Mars/Olympus_Mons"
    for preference in (await session.scalars(select(Preference))).all():
        await make_due(session, preference)
    assert await digests.plan_digests(session) == 2
    assert len(await planned(session)) == 2
    assert other.digest_enabled


# --- changing -----------------------------------------------------------------------------


async def test_switching_off_and_on(session: AsyncSession) -> None:
    _, preference = await a_reader(session)
    preference.digest_enabled = False
    await digests.reschedule(session, preference, "UTC")
    assert preference.digest_next_at is None
    await session.flush()
    preference.digest_enabled = True
    preference.digest_time = (datetime.now(UTC) - timedelta(minutes=5)).time()
    await digests.reschedule(session, preference, "UTC")
    await session.flush()
    assert preference.digest_next_at is not None
    assert preference.digest_next_at > now() + 23 * HOUR, "its time has passed today"


async def test_another_time_after_it_was_sent_is_for_tomorrow(session: AsyncSession) -> None:
    _, preference = await a_reader(session)
    day = await make_due(session, preference)
    await digests.plan_digests(session)
    await session.refresh(preference)
    preference.digest_time = time(23, 59, 59)
    await digests.reschedule(session, preference, "UTC")
    assert preference.digest_next_at is not None
    assert preference.digest_next_at.date() == day + DAY


@pytest.mark.parametrize(
    ("zone", "other"), [(AUCKLAND, HONOLULU), (HONOLULU, AUCKLAND), ("UTC", "Asia/Tokyo")]
)
async def test_whoever_moves_gets_none_twice_on_one_date(
    session: AsyncSession, zone: str, other: str
) -> None:
    """Neither the date that the last one had, nor the one that it was where they are now."""
    _, preference = await a_reader(session, time_zone=zone)
    day = await make_due(session, preference, zone)
    await digests.plan_digests(session)
    await session.refresh(preference)
    sent_at = now()
    for _ in range(2):
        for there in (other, zone):
            await digests.reschedule(session, preference, there)
            await session.flush()
            assert preference.digest_next_at is not None
            following = today(preference.digest_next_at, there)
            assert following > day
            assert following > today(sent_at, there)


# --- what it says, read when it is sent ---------------------------------------------------


async def the_digest(session: AsyncSession) -> DigestPayload:
    row = (await session.scalars(select(Digest))).one()
    return DigestPayload(user_id=row.user_id, day=row.day)


async def a_planned_one(session: AsyncSession, **fields: Any) -> tuple[User, Preference]:
    user, preference = await a_reader(session, **fields)
    await make_due(session, preference, user.time_zone)
    await digests.plan_digests(session)
    return user, preference


async def test_nothing_to_say(session: AsyncSession) -> None:
    await a_planned_one(session)
    payload = await the_digest(session)
    found = await digests.read_digest(session, payload)
    assert isinstance(found, NoDigest)
    assert found.state == "empty"


async def test_something_to_say(session: AsyncSession) -> None:
    user, _ = await a_planned_one(session)
    payload = await the_digest(session)
    await a_task(session, user, due_date=payload.day)
    found = await digests.read_digest(session, payload)
    assert isinstance(found, DueDigest)
    assert [one.title for one in found.contents.today] == ["Water the plants"]
    await digests.end_digest(session, payload, state="sent")
    assert await digests.read_digest(session, payload) is None, "it was sent"


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"deletion_at": now() + DAY}, {"email_verified_at": None}],
    ids=["disabled", "leaving", "not confirmed"],
)
async def test_who_gets_none(session: AsyncSession, change: dict[str, Any]) -> None:
    user, _ = await a_planned_one(session)
    payload = await the_digest(session)
    await a_task(session, user, due_date=payload.day)
    for field, value in change.items():
        setattr(user, field, value)
    await session.flush()
    found = await digests.read_digest(session, payload)
    assert isinstance(found, NoDigest)
    assert found.state == "skipped"


async def test_one_that_was_switched_off_or_whose_day_is_over(session: AsyncSession) -> None:
    user, preference = await a_planned_one(session)
    payload = await the_digest(session)
    preference.digest_enabled, preference.digest_next_at = False, None
    await session.flush()
    off = await digests.read_digest(session, payload)
    old = DigestPayload(user_id=user.id, day=payload.day - DAY)
    session.add(Digest(user_id=user.id, day=old.day, job_id=user.id))
    preference.digest_enabled, preference.digest_next_at = True, now()
    await session.flush()
    over = await digests.read_digest(session, old)
    assert (off, over) == (
        NoDigest("skipped", "the digest was switched off"),
        NoDigest("skipped", "its day is over"),
    )


async def test_what_is_given_up_has_failed(session: AsyncSession) -> None:
    await a_planned_one(session)
    job_id = await session.scalar(select(col(Digest.job_id)))
    assert job_id is not None
    await digests.abandon_digests(session, job_ids=[job_id])
    await digests.abandon_digests(session, job_ids=[])
    ((_, state),) = await planned(session)
    assert state == "failed"


async def test_old_ones_are_forgotten(session: AsyncSession) -> None:
    user, _ = await a_planned_one(session)
    old = now() - timedelta(days=91)
    session.add(Digest(user_id=user.id, day=old.date(), job_id=user.id, created_at=old))
    await session.flush()
    await digests.prune_digests(session)
    assert len(await planned(session)) == 1
