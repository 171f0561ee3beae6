"""Trying out webhooks: a test message that really goes out, and what was said on its way."""

import asyncio

from sqlalchemy import select
from sqlmodel import col

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.notifications.models import NotificationTest
from taskbell.outbound.client import Answer
from taskbell.outbound.errors import OutboundError
from taskbell.outbound.urls import parse
from taskbell.webhooks import bodies, delivering
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell_worker.handlers.webhooks import GONE
from taskbell_worker.run import Run
from taskbell_worker.testers import Verdict, tester

NO_SUCH = "There is no such webhook any more."
NONE_ON = "No webhook is switched on."


@tester("webhook")
async def try_out(run: Run, asked: NotificationTest) -> Verdict:
    """Send a test message to one of somebody's webhooks, or to all that are switched on."""
    wanted = select(Webhook).where(col(Webhook.owner_id) == asked.owner_id)
    if asked.target_id is None:
        wanted = wanted.where(col(Webhook.is_active))
    else:
        wanted = wanted.where(col(Webhook.id) == asked.target_id)
    async with run.database.transaction() as session:
        webhooks = list(await session.scalars(wanted.order_by(col(Webhook.id))))
    if not webhooks:
        return Verdict(False, NONE_ON if asked.target_id is None else NO_SUCH)
    tried = await asyncio.gather(*(_try(run, one) for one in webhooks))
    return Verdict(
        all(one.accepted for one in tried),
        " ".join(one.summary for one in tried),
        "\n\n".join(one.transcript or "" for one in tried),
    )


async def _try(run: Run, webhook: Webhook) -> Verdict:
    message = WebhookMessage(
        webhook_id=webhook.id,
        owner_id=webhook.owner_id,
        kind="test",
        body=bodies.test(now()),
        job_id=new_id(),  # each has one of its own; this one is of no job
        attempts=1,
    )
    body = (message.body or "").encode()
    headers = delivering.signed(webhook, message_id=message.id, body=body)
    answer, failure = None, ""
    try:
        answer = await run.resources.outbound.post(webhook.url, content=body, headers=headers)
    except OutboundError as error:
        failure = str(error)
    await _note(run, message, answer, failure)
    return _verdict(webhook, _said(webhook, headers, body), answer, failure)


async def _note(run: Run, message: WebhookMessage, answer: Answer | None, failure: str) -> None:
    """Write it into the list of the webhook's messages."""
    took = answer is not None and answer.ok
    message.state, message.finished_at = "delivered" if took else "failed", now()
    message.response = failure if answer is None else answer.text(delivering.MOST_RESPONSE)
    message.response_status = None if answer is None else answer.status
    async with run.database.transaction() as session:
        here = select(col(Webhook.id)).where(col(Webhook.id) == message.webhook_id)
        if await session.scalar(here.with_for_update()) is None:
            return  # deleted meanwhile
        session.add(message)
        if took:
            await delivering.note_success(session, webhook_id=message.webhook_id)
        else:
            gone = message.response_status == GONE
            await delivering.note_failure(session, webhook_id=message.webhook_id, gone=gone)


def _said(webhook: Webhook, headers: dict[str, str], body: bytes) -> list[str]:
    # the path may be a secret, which an API token must not get this way; neither may a signature
    lines = ["POST /… HTTP/1.1", f"Host: {parse(webhook.url).authority}"]
    lines += [f"{name}: {'…' if name in _HIDDEN else value}" for name, value in headers.items()]
    return [f"→ {line}" for line in [*lines, "", body.decode()]]


def _verdict(webhook: Webhook, said: list[str], answer: Answer | None, failure: str) -> Verdict:
    name = f"“{webhook.name}”"
    if answer is None:
        return Verdict(
            False, f"{name} was not reached: {failure}.", "\n".join([*said, f"← ({failure})"])
        )
    status = f"{answer.status} {answer.reason}".strip()
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items() if name in _SHOWN]
    lines += ["", *answer.text().splitlines()]
    verb = "took the message" if answer.ok else "did not take the message"
    transcript = "\n".join([*said, *(f"← {line}" for line in lines)])
    return Verdict(answer.ok, f"{name} {verb}: {status}.", transcript)


_HIDDEN = frozenset({"webhook-signature"})
_SHOWN = frozenset({"content-type", "location", "retry-after", "server"})
