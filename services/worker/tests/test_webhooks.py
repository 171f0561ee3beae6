"""Webhooks, from the reminder that fires to what a real server got and the owner sees."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.tests.outbound.receiver import HANG, OK, Receiver, answer, receiver
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.outbound.client import Outbound
from taskbell.reminders.models import Delivery
from taskbell.tasks.models import Task
from taskbell.times import to_wire
from taskbell.webhooks.jobs import SEND
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell.webhooks.signing import make_secret
from taskbell_worker.fair_shares import MOST_AT_ONCE
from taskbell_worker.registry import registry
from taskbell_worker.runner import Runner

from .conftest import MakeRunner
from .hooks import (
    FAILED,
    LOOPBACK,
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
from .waiting import until


async def test_a_due_reminder_is_told_signed(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    hook = await ada.webhook(server.url)
    due = now() + timedelta(minutes=30)
    task, reminder = await ada.remind(
        late=90, title="Water the “plants”", description="All *five*", due_at=due, priority="high"
    )
    (job,) = await run(runner, empty_database)
    assert job.state == "done"
    (request,) = server.requests
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert abs(int(request.headers["webhook-timestamp"]) - now().timestamp()) < 10
    assert verify(hook.secret, request)
    assert not verify(make_secret(), request)
    sent = await message(empty_database)
    assert request.headers["webhook-id"] == f"msg_{sent.id.hex}"
    told = json.loads(request.body)
    late = told["data"]["reminder"].pop("late_seconds")
    assert 90 <= late < 120
    assert reminder.at is not None
    assert told == {
        "type": "reminder.due",
        "timestamp": to_wire(reminder.at),
        "data": {
            "reminder": {"id": str(reminder.id), "fire_at": to_wire(reminder.at)},
            "task": {
                "id": str(task.id),
                "title": "Water the “plants”",
                "description": "All *five*",
                "due_at": to_wire(due),
                "due_date": None,
                "time_zone": "Europe/Zurich",
                "priority": "high",
                "list": {"id": str(task.list_id), "name": "Inbox"},
                "url": f"https://tasks.example.com/lists/{task.list_id}",
            },
        },
    }
    assert sent.body == request.body.decode()
    assert (sent.state, sent.attempts, sent.response_status) == ("delivered", 1, 200)
    assert (sent.response, sent.next_attempt_at) == ("ok", None)
    (delivery,) = await all_of(empty_database, Delivery)
    assert (delivery.channel, delivery.target, delivery.state) == ("webhook", "127.0.0.1", "sent")
    assert delivery.response == "200 OK"
    assert 90 <= delivery.late_seconds < 120


async def test_each_webhook_of_the_owner_is_told_and_nobody_elses(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    mine = [await ada.webhook(server.url), await ada.webhook(server.url)]
    await ada.webhook(server.url, is_active=False, disabled_at=now())
    await (await somebody(empty_database)).webhook(server.url)
    await ada.remind()
    await run(runner, empty_database)
    assert len(server.requests) == 2
    for hook in mine:
        assert [verify(hook.secret, one) for one in server.requests].count(True) == 1


async def test_what_failed_is_sent_again_as_it_was(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    hook = await ada.webhook(server.url)
    await ada.remind(title="Before")
    server.answers = [FAILED, OK]
    (job,) = await run(runner, empty_database)
    failed = await message(empty_database)
    assert (failed.state, failed.attempts, failed.response_status) == ("pending", 1, 500)
    assert failed.response == "out of coffee"
    assert failed.next_attempt_at == job.run_at
    (seen,) = await all_of(empty_database, Webhook)
    assert seen.failing_since is not None
    async with empty_database.transaction() as session:
        await session.execute(update(Task).values(title="After"))
    await asyncio.sleep(1.1)  # another second, so that the timestamps differ
    await run(runner, empty_database)
    first, second = server.requests
    assert first.body == second.body
    assert b"Before" in second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert verify(hook.secret, second)
    sent = await message(empty_database)
    assert (sent.state, sent.attempts, sent.response_status) == ("delivered", 2, 200)
    assert await deliveries(empty_database) == [
        (1, "failed", "500 Internal Server Error"),
        (2, "sent", "200 OK"),
    ]
    (seen,) = await all_of(empty_database, Webhook)
    assert seen.failing_since is None


async def test_redirects_are_failures(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    server.answers = [answer("302 Found", Location="http://169.254.169.254/")]
    await run(runner, empty_database)
    failed = await message(empty_database)
    assert (failed.state, failed.response_status) == ("pending", 302)
    assert server.connections == 1


async def test_no_answer_in_time_is_unknown_and_tried_again(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    server.answers = [HANG]
    (job,) = await run(runner, empty_database)
    assert (job.state, job.ambiguous) == ("ready", 1)
    failed = await message(empty_database)
    assert (failed.state, failed.response_status) == ("pending", None)
    assert failed.response == "There was no answer in time"
    (delivery, planned) = await deliveries(empty_database)
    assert delivery == (1, "unknown", "There was no answer in time")
    assert planned == (2, "planned", None)


async def test_after_the_last_attempt_it_has_failed(
    empty_database: Database, runner: Runner, ada: Somebody, server: Receiver
) -> None:
    await ada.webhook(server.url)
    await ada.remind()
    async with empty_database.transaction() as session:
        await session.execute(update(Job).values(attempts=19))
    server.answers = [FAILED]
    (job,) = await run(runner, empty_database)
    assert job.state == "dead"
    failed = await message(empty_database)
    assert (failed.state, failed.next_attempt_at) == ("failed", None)
    assert failed.finished_at is not None


@pytest.mark.parametrize("url", ["https://10.0.0.1/hook", "http://example.com/hook"])
async def test_an_address_that_may_not_be_reached_is_not_tried_again(
    empty_database: Database, make_runner: MakeRunner, ada: Somebody, url: str
) -> None:
    async def public(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14"]

    runner = make_runner(registry=registry, outbound=Outbound(resolve=public))
    await ada.webhook(url)
    await ada.remind()
    (job,) = await run(runner, empty_database)
    assert (job.state, job.ambiguous) == ("dead", 0)
    failed = await message(empty_database)
    assert failed.state == "failed"
    assert failed.response is not None
    assert "internet" in failed.response or "https://" in failed.response


async def test_two_workers_at_once_send_once(
    empty_database: Database, make_runner: MakeRunner, ada: Somebody, server: Receiver
) -> None:
    runners = [make_runner(registry=registry, outbound=LOOPBACK, owner=str(n)) for n in (1, 2)]
    await ada.webhook(server.url)
    for _ in range(10):
        await ada.remind()
    jobs = await all_of(empty_database, Job)
    await asyncio.gather(*(one.take(job.id) for job in jobs for one in runners))

    async def ended() -> bool:
        states = {one.state for one in await all_of(empty_database, WebhookMessage)}
        for job in await all_of(empty_database, Job):
            if job.state == "ready" and job.run_at <= now():
                await asyncio.gather(*(one.take(job.id) for one in runners))
        return states == {"delivered"}

    await until(ended)
    assert len(server.requests) == 10
    assert len({one.headers["webhook-id"] for one in server.requests}) == 10


async def test_a_hanging_webhook_takes_a_bounded_share_of_a_worker(
    empty_database: Database, make_runner: MakeRunner, ada: Somebody, server: Receiver
) -> None:
    runner = make_runner(registry=registry, outbound=LOOPBACK, slots=16)
    await ada.webhook(server.url)
    server.answers = [HANG]
    for _ in range(MOST_AT_ONCE + 3):
        await ada.remind()
    other = await somebody(empty_database)
    async with receiver() as fast:
        await other.webhook(fast.url)
        await other.remind()
        for job in await all_of(empty_database, Job):
            await runner.take(job.id)

        async def told() -> bool:
            return bool(fast.requests)

        await until(told, within=1.4)
    jobs = [one for one in await all_of(empty_database, Job) if one.state == "ready"]
    assert [one.attempts for one in jobs] == [0, 0, 0]
    assert all(one.run_at > one.created_at for one in jobs)
    assert server.most_at_once == MOST_AT_ONCE


def test_the_schedule_is_the_one_that_is_documented() -> None:
    policy = SEND.retry
    waits = [policy.base_seconds * 2**n for n in range(policy.max_attempts - 1)]
    waits = [min(one, policy.cap_seconds) for one in waits]
    total = timedelta(seconds=sum(waits))
    assert (len(waits), total.days) == (19, 3)
