"""Somebody with webhooks, and what becomes of their messages, for tests."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text, update
from sqlmodel import col

from core.tests.make import a_reminder, a_task, a_user, make_due
from core.tests.outbound.receiver import Received, Receiver, answer, receiver
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.outbound.client import Outbound
from taskbell.outbound.networks import parse_networks
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Delivery, Reminder
from taskbell.tasks.models import Task
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell.webhooks.signing import make_secret
from taskbell_worker.registry import registry
from taskbell_worker.runner import Runner

from .conftest import MakeRunner
from .waiting import until

LOOPBACK = Outbound(parse_networks(["127.0.0.0/8"]), seconds=1.5)
FAILED = answer("500 Internal Server Error", b"out of coffee")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    return make_runner(registry=registry, outbound=LOOPBACK)


class Somebody:
    """A user with webhooks, in a database of their own."""

    def __init__(self, database: Database, user: User) -> None:
        self.database, self.user = database, user

    async def webhook(self, url: str, name: str = "Kitchen", **fields: Any) -> Webhook:
        async with self.database.transaction() as session:
            added = Webhook(
                owner_id=self.user.id, url=url, name=name, secret=make_secret(), **fields
            )
            session.add(added)
        return added

    async def remind(self, *, late: float = 1, **task: Any) -> tuple[Task, Reminder]:
        """Fire a reminder."""
        async with self.database.transaction() as session:
            made = await a_task(session, self.user, **task)
            reminder = await a_reminder(session, made, channels=["webhook"])
            await make_due(session, reminder, late=late)
            await fire_due(session)
        return made, reminder


async def somebody(database: Database) -> Somebody:
    async with database.transaction() as session:
        return Somebody(database, await a_user(session, time_zone="Europe/Zurich"))


@pytest_asyncio.fixture
async def ada(empty_database: Database) -> Somebody:
    return await somebody(empty_database)


async def run(runner: Runner, database: Database) -> list[Job]:
    """Run all webhooks' jobs that are ready once, although they may be due later."""
    async with database.connection() as connection:
        rows = await connection.execute(
            text("UPDATE job SET run_at = now() WHERE kind = 'webhook.send' AND state = 'ready'"
                 " RETURNING id")
        )  # fmt: skip
        ids = [row.id for row in rows]
    for job_id in ids:
        await runner.take(job_id)

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
    async with database.transaction() as session:
        return list(await session.scalars(select(Job).where(col(Job.id).in_(ids))))


async def all_of(database: Database, table: type[Any]) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


async def message(database: Database) -> WebhookMessage:
    (found,) = await all_of(database, WebhookMessage)
    assert isinstance(found, WebhookMessage)
    return found


async def deliveries(database: Database) -> list[tuple[int, str, str | None]]:
    found = await all_of(database, Delivery)
    return sorted((one.attempt, one.state, one.response) for one in found)


def verify(secret: str, request: Received) -> bool:
    """Check a signature as https://www.standardwebhooks.com tells receivers to, from its text."""
    key = base64.b64decode(secret[len("whsec_") :])
    content = "{}.{}.{}".format(
        request.headers["webhook-id"],
        request.headers["webhook-timestamp"],
        request.body.decode(),
    )
    expected = base64.b64encode(hmac.new(key, content.encode(), hashlib.sha256).digest()).decode()
    given = [one.split(",", 1) for one in request.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(one, expected) for version, one in given)


CHANGES = {
    "done": (update(Task).values(completed_at=func.now()), "the task is done or deleted"),
    "off": (
        update(Webhook).values(is_active=False, disabled_at=func.now()),
        "the webhook is switched off",
    ),
    "locked out": (
        update(User).values(is_active=False),
        "the owner has no access any more",
    ),
}
"""What makes a message unwanted, and the reason that its owner reads."""
