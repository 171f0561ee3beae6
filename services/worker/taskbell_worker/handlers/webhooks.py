"""Sending messages to webhooks."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.events.service import tell
from taskbell.jobs.kinds import RetryPolicy
from taskbell.lists.models import TaskList
from taskbell.mail.jobs import ReminderPayload
from taskbell.outbound.answers import Answer
from taskbell.outbound.errors import AddressRefusedError, OutboundError
from taskbell.reminders.delivering import DueReminder, NotWanted, abandon_deliveries
from taskbell.reminders.facts import DueTask
from taskbell.tasks.models import Priority
from taskbell.webhooks import bodies, delivering
from taskbell.webhooks.bodies import ListFacts, ReminderFacts, TaskFacts
from taskbell.webhooks.delivering import Outgoing
from taskbell.webhooks.jobs import SEND, WebhookPayload
from taskbell_worker.fair_shares import FairShares
from taskbell_worker.handlers.delivering import BeforeEffect, Ended, deliver
from taskbell_worker.registry import handles
from taskbell_worker.run import Failure, Run

CHANNEL = "webhook"
DELETED = "the webhook was deleted"
OFF = "the webhook is switched off"
GONE = 410
ASK_TO_WAIT = (429, 503)
MOST_WAIT_SECONDS = 12 * 3600.0
"""That a webhook may ask for with `Retry-After`."""

_STATES = {"sent": "delivered", "skipped": "suppressed", "failed": "failed", "unknown": "failed"}

_shares = FairShares()


@handles(SEND)
async def send_message(run: Run, payload: WebhookPayload) -> None:
    """Send a message to its webhook, unless it is no longer wanted."""
    async with run.database.transaction() as session:
        found = await delivering.read_message(session, message_id=payload.message_id)
        if found is None:
            await abandon_deliveries(session, job_ids=[run.job.id], reason=DELETED)
    if found is None:
        return
    owner_id = found.message.owner_id
    delay = _shares.delay(owner_id)
    if delay:
        await run.postpone(delay=delay)
        return
    with _shares.take(owner_id):
        attempt = _Attempt(run, found)
        if payload.replay:
            await attempt.replay()
        else:
            await attempt.deliver()


@dataclass
class _Attempt:
    """One attempt to send a message. `found` is read again right before it leaves."""

    run: Run
    found: Outgoing
    leaves: bool = False
    status: int | None = None
    text: str = ""

    async def deliver(self) -> None:
        """Send the message of a fired reminder."""
        message, webhook = self.found.message, self.found.webhook
        assert message.reminder_id and message.fire_at and message.planned_at  # noqa: S101, PT018
        payload = ReminderPayload(
            reminder_id=message.reminder_id, fire_at=message.fire_at, planned_at=message.planned_at
        )

        async def check(session: AsyncSession, due: DueReminder) -> NotWanted | None:
            return await self._check(session, payload, due)

        async def send(_due: DueReminder, before_effect: BeforeEffect) -> str | None:
            self.leaves = True
            await before_effect()
            return await self._post()

        async def also(session: AsyncSession, ended: Ended) -> None:
            await self._end(session, ended)

        await deliver(
            self.run, payload, channel=CHANNEL, target=urlsplit(webhook.url).hostname,
            check=check, send=send, also=also,
        )  # fmt: skip

    async def replay(self) -> None:
        """Send a message once more as it was, whatever became of its reminder."""

        async def failed(session: AsyncSession, failure: Failure) -> None:
            await self._end(session, Ended("failed", failure.error, failure.retry_at))

        async def skipped(session: AsyncSession) -> None:
            await self._end(session, Ended("skipped", OFF))

        async def sent(session: AsyncSession) -> None:
            await self._end(session, Ended("sent", self.text))

        self.run.on_failure = failed
        async with self.run.database.transaction() as session:
            wanted = await self._read(session)
            if wanted:
                await self.run.start_effect(session)
                body = self.found.message.body or ""
                await delivering.begin_attempt(session, self.found.message, body=body)
        if not wanted:
            return await self.run.finish(skipped)
        if await self._post() is not None:
            await self.run.finish(sent)
        return None

    async def _check(
        self, session: AsyncSession, payload: ReminderPayload, due: DueReminder
    ) -> NotWanted | None:
        if not await self._read(session):
            return NotWanted(OFF)
        if self.leaves:
            message = self.found.message
            body = message.body or await self._write(session, payload, due)
            await delivering.begin_attempt(session, message, body=body)
        return None

    async def _read(self, session: AsyncSession) -> bool:
        """Read the webhook and its message again; return whether it is to be sent to."""
        found = await delivering.read_message(session, message_id=self.found.message.id)
        if found is None:
            return False
        self.found = found
        return found.webhook.is_active

    async def _write(
        self, session: AsyncSession, payload: ReminderPayload, due: DueReminder
    ) -> str:
        late = max(0, int((now() - payload.planned_at).total_seconds()))
        reminder = ReminderFacts(id=payload.reminder_id, fire_at=payload.fire_at, late_seconds=late)
        public_url = self.run.resources.public_url
        return bodies.reminder_due(reminder, await _facts(session, due.task, public_url))

    async def _post(self) -> str | None:
        """Send it; return what was answered, or None after the run was ended as failed."""
        message, webhook = self.found.message, self.found.webhook
        body = (message.body or "").encode()
        headers = delivering.signed(webhook, message_id=message.id, body=body)
        outbound = self.run.resources.outbound
        try:
            answer = await outbound.post(webhook.url, content=body, headers=headers)
        except OutboundError as error:
            self.text = str(error)
            refused = isinstance(error, AddressRefusedError)
            await self.run.fail(self.text, permanent=refused, ambiguous=error.sent)
            return None
        self.status, self.text = answer.status, answer.text(delivering.MOST_RESPONSE)
        said = f"{answer.status} {answer.reason}".strip()
        if answer.ok:
            return said
        if answer.status in ASK_TO_WAIT:
            self._wait(answer)
        await self.run.fail(said, permanent=answer.status == GONE, ambiguous=False)
        return None

    def _wait(self, answer: Answer) -> None:
        """Wait as long as an answer asks for, if that is longer than we would."""
        asked = min(answer.retry_after(now()), MOST_WAIT_SECONDS)
        wait = max(asked, self.run.retry.delay(self.run.job.attempts))
        self.run.retry = RetryPolicy(base_seconds=wait, cap_seconds=wait, jitter=0.0)

    async def _end(self, session: AsyncSession, ended: Ended) -> None:
        message, webhook = self.found.message, self.found.webhook
        # first the webhook, then its message, as where one is deleted
        if ended.state == "sent":
            await delivering.note_success(session, webhook_id=webhook.id)
        elif ended.state != "skipped":
            await delivering.note_failure(session, webhook_id=webhook.id, gone=self.status == GONE)
        await delivering.end_attempt(
            session,
            message_id=message.id,
            state="pending" if ended.retry_at is not None else _STATES[ended.state],
            response=ended.response if self.status is None else self.text,
            response_status=self.status,
            retry_at=ended.retry_at,
        )
        tell(session, message.owner_id)


async def _facts(session: AsyncSession, task: DueTask, public_url: str) -> TaskFacts:
    name = await session.scalar(select(col(TaskList.name)).where(col(TaskList.id) == task.list_id))
    return TaskFacts(
        id=task.id,
        title=task.title,
        description=task.description,
        due_at=task.due_at,
        due_date=task.due_date,
        time_zone=task.time_zone,
        priority=Priority(task.priority).name,
        list=ListFacts(id=task.list_id, name=name or ""),
        url=f"{public_url}/lists/{task.list_id}",
    )
