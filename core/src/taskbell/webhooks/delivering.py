"""Sending messages to webhooks: what is sent, and what becomes of message and webhook after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.notifications.models import Notification
from taskbell.text import storable
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell.webhooks.signing import headers

MOST_RESPONSE = 500
"""Characters kept of an answer."""

PATIENCE = timedelta(days=5)
"""A webhook that has taken nothing for so long is switched off."""

KEPT = timedelta(days=30)
"""So long are messages kept after they ended."""

GONE = "Switched off because it answered 410 Gone: it asks not to be told any more."
FAILING = "Switched off because it has taken nothing for five days."

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outgoing:
    """A message and where it goes, read when it is sent."""

    message: WebhookMessage
    webhook: Webhook


def signed(webhook: Webhook, *, message_id: UUID, body: bytes) -> dict[str, str]:
    """Return the headers of a sending that leaves now."""
    moment = now()
    valid = [webhook.secret]
    until = webhook.previous_secret_until
    if webhook.previous_secret is not None and until is not None and until > moment:
        valid.append(webhook.previous_secret)
    return headers(valid, message_id=message_id, moment=moment, body=body)


async def read_message(session: AsyncSession, *, message_id: UUID) -> Outgoing | None:
    """Return a message with its webhook; None when the webhook was deleted."""
    found = (
        await session.execute(
            select(WebhookMessage, Webhook)
            .join(Webhook, col(Webhook.id) == col(WebhookMessage.webhook_id))
            .where(col(WebhookMessage.id) == message_id)
        )
    ).one_or_none()
    return Outgoing(*found) if found is not None else None


async def begin_attempt(session: AsyncSession, message: WebhookMessage, *, body: str) -> None:
    """Note that a message leaves; `body` is what it says from now on, also when sent again."""
    message.body = body
    message.attempts += 1
    await session.flush()


async def end_attempt(
    session: AsyncSession,
    *,
    message_id: UUID,
    state: str,
    response: str,
    response_status: int | None = None,
    retry_at: datetime | None = None,
) -> None:
    """Note how an attempt ended: `delivered`, `failed`, `suppressed`; or `pending` until it is
    tried again.
    """
    await _write(
        session,
        message_id,
        state=state,
        response=storable(response, MOST_RESPONSE),
        response_status=response_status,
        next_attempt_at=retry_at,
        finished_at=None if state == "pending" else now(),
    )


async def _write(session: AsyncSession, message_id: UUID, **values: Any) -> None:
    await session.execute(
        update(WebhookMessage)
        .where(col(WebhookMessage.id) == message_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def note_success(session: AsyncSession, *, webhook_id: UUID) -> None:
    """Note that a webhook took a message."""
    await session.execute(
        update(Webhook)
        .where(col(Webhook.id) == webhook_id, col(Webhook.failing_since).is_not(None))
        .values(failing_since=None)
        .execution_options(synchronize_session=False)
    )


async def note_failure(session: AsyncSession, *, webhook_id: UUID, gone: bool) -> None:
    """Note that a webhook did not take a message, and switch it off when that is enough.

    `gone`: it said that it wants no more, ever.
    """
    since = await session.scalar(
        update(Webhook)
        .where(col(Webhook.id) == webhook_id, col(Webhook.is_active))
        .values(failing_since=func.coalesce(col(Webhook.failing_since), now()))
        .returning(col(Webhook.failing_since))
        .execution_options(synchronize_session=False)
    )
    if since is not None and (gone or now() - since > PATIENCE):
        await _switch_off(session, webhook_id, GONE if gone else FAILING)


async def _switch_off(session: AsyncSession, webhook_id: UUID, reason: str) -> None:
    owner_id, name = (
        await session.execute(
            update(Webhook)
            .where(col(Webhook.id) == webhook_id)
            .values(
                is_active=False,
                disabled_at=now(),
                disabled_reason=reason,
                updated_at=now(),
                version=col(Webhook.version) + 1,
            )
            .returning(col(Webhook.owner_id), col(Webhook.name))
            .execution_options(synchronize_session=False)
        )
    ).one()
    title = f"The webhook “{name}” was switched off"
    session.add(Notification(owner_id=owner_id, kind="webhook_disabled", title=title, body=reason))
    await session.flush()
    log.info("webhook_switched_off", user_id=str(owner_id), id=str(webhook_id))


async def end_messages(
    session: AsyncSession, *, job_ids: Sequence[UUID], state: str, reason: str
) -> None:
    """Note that jobs will not run: what they had to send is `suppressed`, or `failed`."""
    await session.execute(
        update(WebhookMessage)
        .where(col(WebhookMessage.job_id).in_(job_ids), col(WebhookMessage.state) == "pending")
        .values(state=state, response=reason, next_attempt_at=None, finished_at=now())
        .execution_options(synchronize_session=False)
    )


async def prune_messages(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` messages that ended longer ago than `KEPT`; return how many."""
    old = select(col(WebhookMessage.id)).where(col(WebhookMessage.finished_at) < now() - KEPT)
    pruned = await session.execute(
        delete(WebhookMessage)
        .where(col(WebhookMessage.id).in_(old.limit(most)))
        .returning(col(WebhookMessage.id))
        .execution_options(synchronize_session=False)
    )
    return len(pruned.all())
