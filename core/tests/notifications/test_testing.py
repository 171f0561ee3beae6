"""Test messages as rows: asked for, ended once, and looked at by their owners only."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_user
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.notifications import testing
from taskbell.notifications.models import Notification
from taskbell.notifications.testing import NotificationTestNotFoundError, NotificationTestOut


async def test_a_test_is_a_row_and_a_job_that_is_tried_once(session: AsyncSession) -> None:
    user = await a_user(session)
    target = new_id()
    test = await testing.ask_for_test(
        session, owner_id=user.id, channel="webhook", target_id=target
    )
    assert (test.state, test.channel, test.target_id) == ("pending", "webhook", target)
    job = (await session.scalars(select(Job))).one()
    assert (job.kind, job.lane, job.max_attempts) == ("notification.test", "web", 1)
    assert job.payload == {"test_id": str(test.id)}
    assert job.expires_at is not None
    assert timedelta(seconds=50) < job.expires_at - now() <= testing.EXPIRES


async def test_a_test_ends_once(session: AsyncSession) -> None:
    user = await a_user(session)
    test = await testing.ask_for_test(session, owner_id=user.id, channel="email")
    await testing.end_test(
        session, test_id=test.id, accepted=True, summary="Yes.", transcript="← 250 \x00 ok"
    )
    await testing.end_test(session, test_id=test.id, accepted=False, summary="No.")
    found = await testing.get_test(session, owner_id=user.id, test_id=test.id)
    assert (found.state, found.summary) == ("accepted", "Yes.")
    assert found.transcript == "← 250 \ufffd ok"
    assert found.finished_at is not None


async def test_what_is_said_is_cut_where_it_has_no_end(session: AsyncSession) -> None:
    user = await a_user(session)
    test = await testing.ask_for_test(session, owner_id=user.id, channel="email")
    await testing.end_test(
        session, test_id=test.id, accepted=False, summary="x" * 9999, transcript="y" * 99_999
    )
    assert len(test.summary or "") == testing.MOST_SUMMARY
    assert len(test.transcript or "") == testing.MOST_TRANSCRIPT


async def test_a_test_that_is_gone_can_be_ended(session: AsyncSession) -> None:
    await testing.end_test(session, test_id=new_id(), accepted=True, summary="Yes.")


async def test_only_its_owner_sees_a_test(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    test = await testing.ask_for_test(session, owner_id=ada.id, channel="email")
    for owner_id, test_id in ((bob.id, test.id), (ada.id, new_id())):
        with pytest.raises(NotificationTestNotFoundError):
            await testing.get_test(session, owner_id=owner_id, test_id=test_id)


async def test_a_test_that_nobody_took_up_has_failed_by_the_time_alone(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    test = await testing.ask_for_test(session, owner_id=user.id, channel="email")
    assert NotificationTestOut.of(test).state == "pending"
    test.created_at -= testing.GIVEN_UP + timedelta(seconds=1)
    shown = NotificationTestOut.of(test)
    assert (shown.state, shown.summary) == ("failed", testing.NO_WORKER)
    assert shown.finished_at == test.created_at + testing.GIVEN_UP
    assert test.state == "pending", "looking changes nothing"


async def test_test_mails_are_counted_by_the_day(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    old, *_ = [
        await testing.ask_for_test(session, owner_id=ada.id, channel=channel)
        for channel in ("email", "email", "email", "push")
    ]
    old.created_at -= timedelta(days=1, seconds=1)
    await session.flush()
    assert await testing.mailed_lately(session, owner_id=ada.id) == 2
    assert await testing.mailed_lately(session, owner_id=bob.id) == 0


async def test_a_test_inside_taskbell_is_a_notification(session: AsyncSession) -> None:
    user = await a_user(session)
    await testing.add_test_notification(session, owner_id=user.id)
    told = (await session.scalars(select(Notification))).one()
    assert (told.owner_id, told.kind, told.read_at) == (user.id, "test", None)
