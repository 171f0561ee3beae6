"""What becomes of messages beside being sent."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_user
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.webhooks import delivering
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell.webhooks.signing import make_secret, sign, wire_id


async def a_webhook(session: AsyncSession, **fields: Any) -> Webhook:
    user = await a_user(session)
    made = Webhook(
        owner_id=user.id, name="Kitchen", url="https://1.1.1.1/", secret=make_secret(), **fields
    )
    session.add(made)
    await session.flush()
    return made


async def a_message(session: AsyncSession, webhook: Webhook, **fields: Any) -> WebhookMessage:
    wanted: dict[str, Any] = {"kind": "reminder.due", "job_id": new_id()} | fields
    made = WebhookMessage(webhook_id=webhook.id, owner_id=webhook.owner_id, **wanted)
    session.add(made)
    await session.flush()
    return made


async def test_messages_of_jobs_that_will_not_run_end_with_them(session: AsyncSession) -> None:
    webhook = await a_webhook(session)
    one, other = await a_message(session, webhook), await a_message(session, webhook)
    ended = await a_message(session, webhook, state="delivered", finished_at=now(), response="ok")
    await delivering.end_messages(
        session, job_ids=[one.job_id, ended.job_id], state="suppressed", reason="it was moved"
    )
    for message in (one, other, ended):
        await session.refresh(message)
    assert (one.state, one.response) == ("suppressed", "it was moved")
    assert one.finished_at is not None
    assert (other.state, other.finished_at) == ("pending", None)
    assert (ended.state, ended.response) == ("delivered", "ok")


async def test_messages_are_kept_for_thirty_days(session: AsyncSession) -> None:
    webhook = await a_webhook(session)
    waiting = await a_message(session, webhook, created_at=now() - timedelta(days=40))
    fresh = await a_message(
        session, webhook, state="failed", finished_at=now() - timedelta(days=29)
    )
    for _ in range(3):
        await a_message(session, webhook, state="failed", finished_at=now() - timedelta(days=31))
    assert await delivering.prune_messages(session, most=2) == 2
    assert await delivering.prune_messages(session, most=2) == 1
    left = await session.scalars(select(col(WebhookMessage.id)))
    assert set(left) == {waiting.id, fresh.id}


@pytest.mark.parametrize(("seconds", "both"), [(5, True), (-5, False)])
async def test_the_secret_before_signs_until_its_end(
    session: AsyncSession, seconds: float, both: bool
) -> None:
    before = make_secret()
    until = now() + timedelta(seconds=seconds)
    webhook = await a_webhook(session, previous_secret=before, previous_secret_until=until)
    message_id = new_id()
    sent = delivering.signed(webhook, message_id=message_id, body=b"{}")
    timestamp = int(sent["webhook-timestamp"])
    wanted = [
        sign(one, message=wire_id(message_id), timestamp=timestamp, body=b"{}")
        for one in ([webhook.secret, before] if both else [webhook.secret])
    ]
    assert sent["webhook-signature"].split(" ") == wanted


async def test_a_webhook_that_is_off_is_not_counted_as_failing(session: AsyncSession) -> None:
    webhook = await a_webhook(session, is_active=False, disabled_at=now())
    await delivering.note_failure(session, webhook_id=webhook.id, gone=True)
    await session.refresh(webhook)
    assert (webhook.failing_since, webhook.disabled_reason) == (None, None)
