"""Messages to webhooks that their owner asks for: once more, or to try one out."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.tests.make import some_id
from core.tests.outbound.receiver import OK, Receiver, answer
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.notifications.models import NotificationTest
from taskbell.webhooks import service as webhooks
from taskbell.webhooks.models import WebhookMessage
from taskbell_worker.handlers import webhook_tests
from taskbell_worker.runner import Runner
from taskbell_worker.testers import TESTERS, Verdict

from .hooks import (
    CHANGES,
    FAILED,
    Somebody,
    all_of,
    deliveries,
    message,
    run,
    somebody,
    verify,
)
from .hooks import ada as ada
from .hooks import runner as runner
from .hooks import server as server

assert webhook_tests  # registers the tester


async def replay(ada: Somebody, found: WebhookMessage) -> None:
    async with ada.database.transaction() as session:
        await webhooks.replay(
            session, owner_id=ada.user.id, webhook_id=found.webhook_id, message_id=found.id
        )


async def test_a_replay_sends_the_same_although_the_task_is_gone(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    await run(runner, empty_database)
    async with empty_database.transaction() as session:
        await session.execute(text("DELETE FROM task"))
    found = await message(empty_database)
    await replay(ada, found)
    waiting = await message(empty_database)
    assert (waiting.state, waiting.finished_at) == ("pending", None)
    server.answers = [FAILED, OK]
    for state in ("pending", "delivered"):
        await run(runner, empty_database)
        assert (await message(empty_database)).state == state
    first, second, third = server.requests
    assert first.body == second.body == third.body
    assert len({one.headers["webhook-id"] for one in server.requests}) == 1
    assert (await message(empty_database)).attempts == 3


async def test_a_replay_to_a_webhook_that_was_switched_off_meanwhile_is_not_sent(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    await run(runner, empty_database)
    await replay(ada, await message(empty_database))
    async with empty_database.transaction() as session:
        await session.execute(CHANGES["off"][0])
    await run(runner, empty_database)
    assert (await message(empty_database)).state == "suppressed"
    assert len(server.requests) == 1


async def test_one_that_waits_is_tried_at_once_when_asked_for(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    server.answers = [answer("503 Later", Retry_After="9999"), OK]
    (job,) = await run(runner, empty_database)
    assert job.run_at > now() + timedelta(hours=1)
    await replay(ada, await message(empty_database))
    (waiting,) = await all_of(empty_database, Job)
    assert (waiting.id, waiting.state) == (job.id, "ready")
    assert waiting.run_at <= now() + timedelta(seconds=1)
    await run(runner, empty_database)
    assert (await message(empty_database)).state == "delivered"
    assert [one[:2] for one in await deliveries(empty_database)] == [(1, "failed"), (2, "sent")]


async def try_out(runner: Runner, owner_id: UUID, *, only: UUID | None = None) -> Verdict:
    asked = NotificationTest(owner_id=owner_id, channel="webhook", target_id=only)
    run: Any = type("Run", (), {})()
    run.resources, run.database = runner._resources, runner._resources.database
    return await TESTERS["webhook"](run, asked)


async def test_a_test_message_shows_what_was_said(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    hook = await ada.webhook(server.url)
    server.answers = [answer("201 Created", b"hello\nthere", Content_Type="text/plain")]
    verdict = await try_out(runner, ada.user.id, only=hook.id)
    assert verdict.accepted
    assert verdict.summary == "“Kitchen” took the message: 201 Created."
    (request,) = server.requests
    assert verify(hook.secret, request)
    assert json.loads(request.body)["type"] == "test"
    lines = (verdict.transcript or "").splitlines()
    assert lines[:2] == ["→ POST /… HTTP/1.1", f"→ Host: 127.0.0.1:{server.port}"]
    assert f"→ webhook-id: {request.headers['webhook-id']}" in lines
    assert lines[-5:] == [
        "← HTTP/1.1 201 Created",
        "← content-type: text/plain",
        "← ",
        "← hello",
        "← there",
    ]
    assert "→ webhook-signature: …" in lines
    assert hook.secret not in (verdict.transcript or "")
    listed = await message(empty_database)
    assert (listed.kind, listed.state, listed.attempts) == ("test", "delivered", 1)


async def test_a_test_of_all_webhooks_says_which_failed(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url, name="Good")
    await ada.webhook("https://10.0.0.1/", name="Bad")
    await ada.webhook(server.url, name="Off", is_active=False, disabled_at=now())
    verdict = await try_out(runner, ada.user.id)
    assert not verdict.accepted
    assert "“Good” took the message: 200 OK." in verdict.summary
    assert "“Bad” was not reached: The host is not on the internet" in verdict.summary
    assert "Off" not in verdict.summary


async def test_a_test_message_goes_to_ones_own_webhooks_only(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    theirs = await (await somebody(empty_database)).webhook(server.url)
    for only in (theirs.id, some_id()):
        verdict = await try_out(runner, ada.user.id, only=only)
        assert (verdict.accepted, verdict.summary) == (False, webhook_tests.NO_SUCH)
    assert (await try_out(runner, ada.user.id)).summary == webhook_tests.NONE_ON
    assert not server.requests
