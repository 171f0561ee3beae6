"""When webhooks are waited for, are no longer told, or are switched off."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import func, update

from core.tests.outbound.receiver import Receiver, answer
from taskbell.clock import now
from taskbell.db import Database
from taskbell.notifications.models import Notification
from taskbell.webhooks import service as webhooks
from taskbell.webhooks.models import Webhook
from taskbell_worker.runner import Runner

from .hooks import (
    CHANGES,
    FAILED,
    Somebody,
    all_of,
    deliveries,
    message,
    run,
    verify,
)
from .hooks import ada as ada
from .hooks import runner as runner
from .hooks import server as server


@pytest.mark.parametrize(
    ("status", "asked", "seconds"),
    [
        ("429 Too Many Requests", "3600", 3600),
        ("503 Service Unavailable", "date", 7200),
        ("503 Service Unavailable", "99999999", 43_200),
        ("429 Too Many Requests", "0", 5),
        ("429 Too Many Requests", "soon", 5),
        ("500 Internal Server Error", "3600", 5),
    ],
)
async def test_who_asks_to_wait_is_waited_for(
    empty_database: Database,
    runner: Runner,
    ada: Somebody,
    server: Receiver,
    status: str,
    asked: str,
    seconds: float,
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    if asked == "date":
        asked = format_datetime(now() + timedelta(seconds=seconds), usegmt=True)
    server.answers = [answer(status, Retry_After=asked)]
    (job,) = await run(runner, empty_database)
    assert job.state == "ready"
    assert (job.run_at - now()).total_seconds() == pytest.approx(seconds, abs=seconds * 0.2 + 3)


async def test_gone_switches_the_webhook_off(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url, name="Old phone")
    await ada.remind()
    server.answers = [answer("410 Gone")]
    (job,) = await run(runner, empty_database)
    assert job.state == "dead"
    (hook,) = await all_of(empty_database, Webhook)
    assert not hook.is_active
    assert "410" in hook.disabled_reason
    assert hook.version == 2
    (told,) = await all_of(empty_database, Notification)
    assert (told.kind, told.owner_id) == ("webhook_disabled", ada.user.id)
    assert "Old phone" in told.title
    assert (await message(empty_database)).state == "failed"


@pytest.mark.parametrize(("days", "stays"), [(4.9, True), (5.1, False)])
async def test_five_days_of_failures_switch_the_webhook_off(
    empty_database: Database,
    runner: Runner,
    ada: Somebody,
    server: Receiver,
    days: float,
    stays: bool,
) -> None:
    since = now() - timedelta(days=days)
    await ada.webhook(server.url, failing_since=since)
    await ada.remind()
    server.answers = [FAILED]
    await run(runner, empty_database)
    (hook,) = await all_of(empty_database, Webhook)
    assert (hook.is_active, hook.failing_since) == (stays, since)
    assert len(await all_of(empty_database, Notification)) == (not stays)


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("tried", [False, True])
async def test_what_is_no_longer_wanted_is_not_sent(
    empty_database: Database,
    runner: Runner,
    ada: Somebody,
    server: Receiver,
    change: str,
    tried: bool,
) -> None:
    statement, reason = CHANGES[change]
    await ada.webhook(server.url)
    await ada.remind()
    server.answers = [FAILED]
    if tried:
        await run(runner, empty_database)
    async with empty_database.transaction() as session:
        await session.execute(statement)
    (job,) = await run(runner, empty_database)
    assert job.state == "done"
    assert len(server.requests) == tried
    last = await message(empty_database)
    assert (last.state, last.response) == ("suppressed", reason)
    assert (await deliveries(empty_database))[-1] == (1 + tried, "skipped", reason)


async def test_a_deleted_webhook_is_not_told(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    hook = await ada.webhook(server.url)
    await ada.remind()
    async with empty_database.transaction() as session:
        await webhooks.delete_webhook(session, owner_id=ada.user.id, webhook_id=hook.id)
    (job,) = await run(runner, empty_database)
    assert job.state == "done"
    assert not server.requests
    assert await deliveries(empty_database) == [(1, "failed", "the webhook was deleted")]


async def test_both_secrets_sign_for_a_day(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    hook = await ada.webhook(server.url)
    async with empty_database.transaction() as session:
        new = await webhooks.rotate_secret(session, owner_id=ada.user.id, webhook_id=hook.id)
    assert new.secret != hook.secret
    await ada.remind()
    server.answers = [FAILED]
    await run(runner, empty_database)
    async with empty_database.transaction() as session:
        await session.execute(update(Webhook).values(previous_secret_until=func.now()))
    await run(runner, empty_database)
    first, second = server.requests
    assert verify(hook.secret, first)
    assert verify(new.secret, first)
    assert not verify(hook.secret, second)
    assert verify(new.secret, second)
