"""What can be done with webhooks by their owners. How messages are sent: delivering.py."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import live
from taskbell.accounts.callers import Caller
from taskbell.accounts.changes import follows_shutting_out
from taskbell.accounts.service import get_user
from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.jobs.service import enqueue
from taskbell.mail.notices import notify
from taskbell.outbound.client import Outbound
from taskbell.outbound.errors import AddressRefusedError, UnreachableError
from taskbell.paging import Page, page_by_key
from taskbell.webhooks.errors import (
    NothingToReplayError,
    TooManyWebhooksError,
    WebhookChangedError,
    WebhookDeliveryNotFoundError,
    WebhookNotFoundError,
    WebhookOffError,
    WebhookUrlError,
)
from taskbell.webhooks.jobs import SEND, WebhookPayload
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell.webhooks.schemas import MessageState, WebhookCreate, WebhookPatch
from taskbell.webhooks.signing import make_secret

MOST_WEBHOOKS = 10
BOTH_SECRETS = timedelta(hours=24)
"""So long does the secret before the last one sign too."""

SHUT_OUT = "Switched off because the password was set anew: look at its address, then switch it on."

log = structlog.get_logger(__name__)


async def check_url(outbound: Outbound, url: str) -> None:
    """Refuse an address that nothing may be sent to, as far as can be told now.

    Before a transaction, for it may look a name up. One that is not found now may be later: it is
    looked at again for each message. Raises `WebhookUrlError`.
    """
    try:
        await outbound.check(url)
    except AddressRefusedError as error:
        raise WebhookUrlError(str(error), field="body.url") from None
    except UnreachableError:
        pass


async def make_webhook(session: AsyncSession, *, caller: Caller, new: WebhookCreate) -> Webhook:
    """Make a webhook with a new secret. Raises `TooManyWebhooksError`."""
    owner_id = caller.user_id
    # webhooks are counted in turn
    user = await get_user(session, user_id=owner_id, for_update=True)
    # while we waited for the lock everything may have been revoked
    await live.check(session, session_id=caller.session_id)
    count = select(func.count()).select_from(Webhook).where(col(Webhook.owner_id) == owner_id)
    if (await session.scalar(count) or 0) >= MOST_WEBHOOKS:
        raise TooManyWebhooksError
    made = Webhook(owner_id=owner_id, name=new.name, url=new.url, secret=make_secret())
    made.updated_at = made.created_at
    session.add(made)
    await session.flush()
    await notify(session, "webhook_made", user_id=owner_id, email=user.email)
    log.info("webhook_made", user_id=str(owner_id), id=str(made.id))
    return made


async def list_webhooks(session: AsyncSession, *, owner_id: UUID) -> Sequence[Webhook]:
    """Return a user's webhooks, the newest first."""
    mine = select(Webhook).where(col(Webhook.owner_id) == owner_id)
    return (await session.scalars(mine.order_by(col(Webhook.id).desc()))).all()


async def get_webhook(
    session: AsyncSession, *, owner_id: UUID, webhook_id: UUID, lock: bool = False
) -> Webhook:
    """Return a webhook. Raises `WebhookNotFoundError`."""
    statement = select(Webhook).where(
        col(Webhook.id) == webhook_id, col(Webhook.owner_id) == owner_id
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found: Webhook | None = await session.scalar(statement)
    if found is None:
        raise WebhookNotFoundError
    return found


async def update_webhook(
    session: AsyncSession,
    *,
    owner_id: UUID,
    webhook_id: UUID,
    patch: WebhookPatch,
    if_version: int | None = None,
) -> Webhook:
    """Change a webhook: absent fields are untouched. A new address starts with a clean record.

    Raises `WebhookNotFoundError`, `WebhookChangedError`.
    """
    webhook = await _lock(session, owner_id, webhook_id, if_version)
    given = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if getattr(webhook, name) != value}
    if not changes:
        return webhook
    for name, value in changes.items():
        setattr(webhook, name, value)
    if "is_active" in changes:
        webhook.disabled_at = None if webhook.is_active else now()
        webhook.disabled_reason = None
    if "url" in changes or changes.get("is_active"):
        webhook.failing_since = None
    await _flush(session, webhook)
    if "url" in changes:
        user = await get_user(session, user_id=owner_id)
        await notify(session, "webhook_made", user_id=owner_id, email=user.email)
    log.info("webhook_changed", user_id=str(owner_id), id=str(webhook_id), fields=sorted(changes))
    return webhook


async def delete_webhook(
    session: AsyncSession, *, owner_id: UUID, webhook_id: UUID, if_version: int | None = None
) -> None:
    """Delete a webhook and its messages. Raises `WebhookNotFoundError`, `WebhookChangedError`."""
    webhook = await _lock(session, owner_id, webhook_id, if_version)
    await session.execute(delete(Webhook).where(col(Webhook.id) == webhook.id))
    log.info("webhook_deleted", user_id=str(owner_id), id=str(webhook_id))


async def rotate_secret(session: AsyncSession, *, owner_id: UUID, webhook_id: UUID) -> Webhook:
    """Give a webhook a new secret; the one it had signs too for `BOTH_SECRETS`.

    Raises `WebhookNotFoundError`.
    """
    webhook = await _lock(session, owner_id, webhook_id, None)
    webhook.previous_secret, webhook.secret = webhook.secret, make_secret()
    webhook.previous_secret_until = now() + BOTH_SECRETS
    await _flush(session, webhook)
    log.info("webhook_secret_rotated", user_id=str(owner_id), id=str(webhook_id))
    return webhook


async def list_messages(
    session: AsyncSession,
    *,
    owner_id: UUID,
    webhook_id: UUID,
    state: MessageState | None = None,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[WebhookMessage]:
    """Return a page of a webhook's messages, the newest first.

    Raises `WebhookNotFoundError`, `InvalidCursorError`.
    """
    await get_webhook(session, owner_id=owner_id, webhook_id=webhook_id)
    where = [col(WebhookMessage.webhook_id) == webhook_id]
    if state is not None:
        where.append(col(WebhookMessage.state) == state)
    return await page_by_key(
        session,
        select(WebhookMessage),
        *where,
        key=col(WebhookMessage.id),
        page=page,
        per_page=per_page,
        cursor=cursor,
    )


async def replay(
    session: AsyncSession, *, owner_id: UUID, webhook_id: UUID, message_id: UUID
) -> WebhookMessage:
    """Send a message once more, under its id; one that waits to be tried again is tried now.

    Raises `WebhookNotFoundError`, `WebhookDeliveryNotFoundError`, `WebhookOffError`,
    `NothingToReplayError`.
    """
    # not locked: whether it is still switched on is asked again before the message leaves
    webhook = await get_webhook(session, owner_id=owner_id, webhook_id=webhook_id)
    message = await _message(session, webhook_id, message_id)
    if not webhook.is_active:
        raise WebhookOffError
    if message.state == "pending":
        return await _hurry(session, message)
    message = await _message(session, webhook_id, message_id, lock=True)
    if message.state == "pending":  # somebody was quicker
        return message
    if message.body is None:
        raise NothingToReplayError
    job_id = await enqueue(session, SEND, WebhookPayload(message_id=message.id, replay=True))
    assert job_id is not None  # noqa: S101 (it has no dedupe_key)
    message.job_id, message.state, message.finished_at = job_id, "pending", None
    message.next_attempt_at = now()
    await session.flush()
    return message


async def _message(
    session: AsyncSession, webhook_id: UUID, message_id: UUID, *, lock: bool = False
) -> WebhookMessage:
    statement = select(WebhookMessage).where(
        col(WebhookMessage.id) == message_id, col(WebhookMessage.webhook_id) == webhook_id
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found: WebhookMessage | None = await session.scalar(statement)
    if found is None:
        raise WebhookDeliveryNotFoundError
    return found


async def _hurry(session: AsyncSession, message: WebhookMessage) -> WebhookMessage:
    """Let a message that waits for its next attempt be tried now."""
    # first the job, then its message, as wherever a job ends
    moment = await session.scalar(
        update(Job)
        .where(
            col(Job.id) == message.job_id,
            col(Job.state) == "ready",
            col(Job.run_at) > func.statement_timestamp(),
        )
        .values(run_at=func.statement_timestamp(), ticket_at=func.statement_timestamp())
        .returning(col(Job.run_at))
        .execution_options(synchronize_session=False)
    )
    if moment is not None:
        message.next_attempt_at = moment
        await session.flush()
    return message


@follows_shutting_out
async def switch_all_off(session: AsyncSession, user_id: UUID) -> None:
    """Switch all webhooks of a user off: whoever was let in may have made one."""
    await session.execute(
        update(Webhook)
        .where(col(Webhook.owner_id) == user_id, col(Webhook.is_active))
        .values(
            is_active=False,
            disabled_at=now(),
            disabled_reason=SHUT_OUT,
            updated_at=now(),
            version=col(Webhook.version) + 1,
        )
        .execution_options(synchronize_session=False)
    )


async def _lock(
    session: AsyncSession, owner_id: UUID, webhook_id: UUID, if_version: int | None
) -> Webhook:
    webhook = await get_webhook(session, owner_id=owner_id, webhook_id=webhook_id, lock=True)
    if if_version is not None and webhook.version != if_version:
        raise WebhookChangedError
    return webhook


async def _flush(session: AsyncSession, webhook: Webhook) -> None:
    webhook.version += 1
    webhook.updated_at = max(now(), webhook.updated_at)
    await session.flush()
