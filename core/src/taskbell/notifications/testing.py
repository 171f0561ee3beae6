"""Test messages: somebody sends one to themselves, and sees what was said on its way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import NotFoundError
from taskbell.jobs.kinds import Kind, Lane, Payload, RetryPolicy
from taskbell.jobs.service import enqueue
from taskbell.notifications.channels import Channel
from taskbell.notifications.models import Notification, NotificationTest
from taskbell.text import storable
from taskbell.times import UtcInstant

EXPIRES = timedelta(seconds=60)
"""A test that no worker took up by then says enough; nobody wants its message later."""

GIVEN_UP = timedelta(seconds=120)
"""After it was asked for; later than any test that was taken up in time can end."""

NO_WORKER = (
    "Nothing came of it within two minutes. Is the worker running? Whoever runs this Taskbell sees "
    "that under “Operation”."
)
MOST_SUMMARY = 500
MOST_TRANSCRIPT = 20_000


class NotificationTestPayload(Payload):
    test_id: UUID


# in the lane of what it tries: it is no quicker than the messages it stands for
TEST = Kind(
    "notification.test",
    NotificationTestPayload,
    retry=RetryPolicy(max_attempts=1),
    priority=30,
    timeout_seconds=45,
)
_LANES: dict[str, Lane] = {"email": "mail", "push": "push", "webhook": "web"}


class NotificationTestNotFoundError(NotFoundError):
    code = "notification_test_not_found"
    title = "There is no such test message"


_EXAMPLE: dict[str, Any] = {
    "id": "01a1fb87-49ec-75f1-a572-281783323c0a",
    "channel": "email",
    "state": "accepted",
    "summary": "The mail server at smtp.example.com took it: 250 2.0.0 Ok: queued as 4F2A1",
    "transcript": (
        "← 220 smtp.example.com ESMTP\n→ EHLO taskbell.example.com\n← 250-smtp.example.com\n"
        "← 250 PIPELINING\n→ MAIL FROM:<taskbell@example.com>\n← 250 Ok\n"
        "→ RCPT TO:<ada@example.com>\n← 250 Ok\n→ DATA\n← 354 Go on\n→ … 2,345 bytes\n→ .\n"
        "← 250 2.0.0 Ok: queued as 4F2A1"
    ),
    "created_at": "2026-03-29T07:00:00Z",
    "finished_at": "2026-03-29T07:00:01Z",
}


class NotificationTestIn(BaseModel):
    """Which channel to try."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"channel": "email"}]}
    )

    channel: Channel
    target_id: UUID | None = Field(
        None, description="One device (push) or one webhook; without it, all of the channel."
    )


class NotificationTestOut(BaseModel):
    """A test message, and what came of it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: UUID
    channel: Channel
    state: Literal["pending", "accepted", "failed"]
    summary: str | None = Field(description="What came of it, in one sentence.")
    transcript: str | None = Field(
        description="What was said on the way, line by line: → Taskbell, ← the other side."
    )
    created_at: UtcInstant
    finished_at: UtcInstant | None

    @classmethod
    def of(cls, test: NotificationTest) -> "NotificationTestOut":
        """Return a test as it is now; one that nobody took up has failed by the time alone."""
        shown = cls.model_validate(test)
        if shown.state == "pending" and test.created_at + GIVEN_UP < now():
            shown.state, shown.summary = "failed", NO_WORKER
            shown.finished_at = test.created_at + GIVEN_UP
        return shown


async def ask_for_test(
    session: AsyncSession, *, owner_id: UUID, channel: Channel, target_id: UUID | None = None
) -> NotificationTest:
    """Have a test message sent; what came of it is in the row soon after the commit.

    `target_id` is looked up by who sends it: what is not the owner's fails there.
    """
    test = NotificationTest(owner_id=owner_id, channel=channel, target_id=target_id)
    session.add(test)
    await session.flush()
    kind = replace(TEST, lane=_LANES.get(channel, TEST.lane))
    await enqueue(
        session, kind, NotificationTestPayload(test_id=test.id), expires_at=now() + EXPIRES
    )
    return test


async def get_test(session: AsyncSession, *, owner_id: UUID, test_id: UUID) -> NotificationTest:
    """Return a user's test message. Raises `NotificationTestNotFoundError`."""
    found: NotificationTest | None = await session.scalar(
        select(NotificationTest).where(
            col(NotificationTest.id) == test_id, col(NotificationTest.owner_id) == owner_id
        )
    )
    if found is None:
        raise NotificationTestNotFoundError
    return found


async def has_ended(database: Database, *, test_id: UUID) -> bool:
    """Tell whether something came of a test, in one short statement of its own."""
    found = await database.fetch(
        "SELECT 1 FROM notification_test WHERE id = $1 AND state <> 'pending'", test_id
    )
    return bool(found)


async def end_test(
    session: AsyncSession,
    *,
    test_id: UUID,
    accepted: bool,
    summary: str,
    transcript: str | None = None,
) -> None:
    """Note what came of a test; nothing when it was deleted or has ended before."""
    test = await session.get(NotificationTest, test_id, with_for_update=True)
    if test is None or test.state != "pending":
        return
    test.state = "accepted" if accepted else "failed"
    test.summary = storable(summary, MOST_SUMMARY)
    test.transcript = None if transcript is None else storable(transcript, MOST_TRANSCRIPT)
    test.finished_at = max(now(), test.created_at)
    await session.flush()


async def add_test_notification(session: AsyncSession, *, owner_id: UUID) -> None:
    """Tell a user, inside Taskbell, that this is a test."""
    notification = Notification(
        owner_id=owner_id,
        kind="test",
        title="Test notification",
        body="This is what a reminder looks like here.",
    )
    session.add(notification)
    await session.flush()


async def mailed_lately(session: AsyncSession, *, owner_id: UUID) -> int:
    """Return how many test mails a user was sent in the last day, as far as anybody knows."""
    sent: int | None = await session.scalar(
        select(func.count())
        .select_from(NotificationTest)
        .where(
            col(NotificationTest.owner_id) == owner_id,
            col(NotificationTest.channel) == "email",
            col(NotificationTest.created_at) > now() - timedelta(days=1),
        )
    )
    return sent or 0
