"""Delivering a fired reminder, over any channel: read again, sent, and noted what came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.db import is_unreachable
from taskbell.events.service import tell
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders.delivering import (
    Attempt,
    DueReminder,
    NotWanted,
    begin_delivery,
    end_delivery,
    hold_reminder,
    plan_next_attempt,
    read_due,
)
from taskbell.reminders.links import NewReminderLink, keep
from taskbell.reminders.many import Going
from taskbell.reminders.service import take_back
from taskbell_worker.deliveries import Deliveries
from taskbell_worker.run import Failure, Run

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ended:
    """How an attempt ended: sent, failed, unknown or skipped; `retry_at` when there is another."""

    state: str
    response: str
    retry_at: datetime | None = None


class BeforeEffect(Protocol):
    """Commits that the effect begins; with a `link` in the message, also that this works."""

    def __call__(self, link: NewReminderLink | None = None) -> Awaitable[None]:
        """May raise: then nothing is to be sent."""


Send = Callable[[DueReminder, BeforeEffect], Awaitable[str | None]]
Check = Callable[[AsyncSession, DueReminder], Awaitable[NotWanted | None]]
Also = Callable[[AsyncSession, Ended], Awaitable[None]]


class NotWantedError(Exception):
    """Raised while sending, before the effect: it is not to be sent after all."""

    def __init__(self, why: NotWanted) -> None:
        super().__init__(why.reason)
        self.why = why


async def deliver(
    run: Run,
    payload: ReminderPayload,
    *,
    channel: str,
    send: Send,
    target: str | None = None,
    check: Check | None = None,
    concerns: Callable[[DueReminder], bool] = lambda _due: True,
    also: Also | None = None,
) -> None:
    """Send a fired reminder over a channel, unless it is no longer wanted, and note what became.

    `send` is given what to say and `before_effect`, which it awaits right before the first byte
    that cannot be taken back (once: it commits that the effect begins, and may raise). It returns
    the other side's answer; or None, when it ended the run itself (`run.fail`); what it raises is
    a failed attempt, ambiguous when the effect had begun. `check`: one more reason not to send,
    asked first and again before the effect, of those that it `concerns`. `also` writes in the
    transaction that ends the attempt.
    """
    attempt = Attempt(payload, run.job.id, run.job.attempts, channel, target)
    delivery = _Delivery(run, attempt, check, concerns, also)
    run.on_failure = delivery.failed
    due = await delivery.read()
    if isinstance(due, NotWanted):
        return await delivery.skip(due)

    async def before_effect(link: NewReminderLink | None = None) -> None:
        # the other side may have kept us waiting: is it still wanted?
        still = await delivery.begin(due, link)
        if isinstance(still, NotWanted):
            raise NotWantedError(still)

    try:
        response = await send(due, before_effect)
    except NotWantedError as error:
        return await delivery.skip(error.why)
    if response is not None:
        await delivery.sent(due, response)
    return None


@dataclass
class _Delivery:
    """One attempt within its run.

    Each step is first tried together with all others that are at it, where that can be.
    """

    run: Run
    attempt: Attempt
    check: Check | None
    concerns: Callable[[DueReminder], bool]
    also: Also | None
    owner_id: UUID | None = None

    @property
    def _together(self) -> Deliveries:
        return self.run.resources.deliveries

    @property
    def _going(self) -> Going:
        return Going(self.run.job, self.attempt)

    async def read(self) -> DueReminder | NotWanted:
        """Read what is to be sent."""
        due = await self._together.read(self.attempt.payload)
        if isinstance(due, NotWanted):
            return due
        self.owner_id = due.user.id
        if self.check is None or not self.concerns(due):
            return due
        async with self.run.database.transaction() as session:
            return await self.check(session, due) or due

    async def begin(
        self, due: DueReminder, link: NewReminderLink | None
    ) -> DueReminder | NotWanted:
        """Commit that the effect begins, if it is still to be sent."""
        is_usual = self.attempt.target is None and not (self.check and self.concerns(due))
        if is_usual and await self._together.begin(self._going, link=link):
            self.run.effect_started = True
            return due
        async with self.run.database.transaction() as session:
            still = await read_due(session, self.attempt.payload)
            if self.check is not None and isinstance(still, DueReminder):
                still = await self.check(session, still) or still
            if isinstance(still, DueReminder):
                await self.run.start_effect(session)
                if link is not None:
                    await keep(session, link)
                await begin_delivery(session, self.attempt)
            return still

    async def sent(self, due: DueReminder, response: str) -> None:
        """End it well."""
        if self.also is None and await self._sent_together(due, response):
            self.run.outcome = "done"
            return

        async def write(session: AsyncSession) -> None:
            await self._end(session, Ended("sent", response))

        await self.run.finish(write)

    async def _sent_together(self, due: DueReminder, response: str) -> bool:
        try:
            return await self._together.end(self._going, owner_id=due.user.id, response=response)
        except Exception as error:
            if not is_unreachable(error):
                log.exception("not_ended_together")
            return False  # alone it is tried again, as long as the lease lasts

    async def skip(self, why: NotWanted) -> None:
        """End it without having sent anything."""
        payload = self.attempt.payload

        async def write(session: AsyncSession) -> None:
            # first, for it locks the task: task, reminder, delivery is the order everywhere
            if not why.for_good:
                await take_back(
                    session,
                    reminder_id=payload.reminder_id,
                    fire_at=payload.fire_at,
                    job_id=self.run.job.id,
                )
            await self._end(session, Ended("skipped", why.reason))

        await self.run.finish(write)

    async def failed(self, session: AsyncSession, failure: Failure) -> None:
        """Note a failed attempt, and the next one."""
        state = "unknown" if failure.ambiguous else "failed"
        here = await hold_reminder(session, self.attempt.payload)
        await self._end(session, Ended(state, failure.error, failure.retry_at))
        if here and failure.retry_at is not None:
            await plan_next_attempt(session, self.attempt, planned_at=failure.retry_at)

    async def _end(self, session: AsyncSession, ended: Ended) -> None:
        # first, for it may lock the reminder: who deletes that waits for its deliveries
        if self.also is not None:
            await self.also(session, ended)
        await end_delivery(session, self.attempt, state=ended.state, response=ended.response)
        if self.owner_id is not None:
            tell(session, self.owner_id)
