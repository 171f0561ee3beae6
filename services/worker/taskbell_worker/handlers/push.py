"""Sending reminders as push messages to all devices of their owner."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.events.service import tell
from taskbell.jobs.kinds import RetryPolicy
from taskbell.mail.jobs import ReminderPayload
from taskbell.notifications.models import NotificationTest
from taskbell.push import message as messages
from taskbell.push import sending, vapid
from taskbell.push import service as push
from taskbell.push.jobs import REMINDER
from taskbell.push.models import PushSubscription
from taskbell.push.sending import Result
from taskbell.push.settings import subject_of
from taskbell.push.vapid import Signer
from taskbell.reminders.delivering import DueReminder
from taskbell.reminders.firing import fall_back_to_email
from taskbell.reminders.models import Delivery
from taskbell_worker.fair_shares import FairShares
from taskbell_worker.handlers.delivering import BeforeEffect, Ended, deliver
from taskbell_worker.registry import handles
from taskbell_worker.run import Run
from taskbell_worker.testers import Verdict, tester

CHANNEL = "push"
NO_DEVICE = "No device took it; it goes out by e-mail instead"
MOST_TARGET = 200
MOST_WAIT_SECONDS = 30.0
"""That a push service may ask for between two attempts: then the e-mail is sooner."""

NO_DEVICES = "No device is registered for push messages."
UNKNOWN_DEVICE = "There is no such device any more."

_shares = FairShares()


@dataclass
class _Sent:
    """What became of one attempt, for the transaction that ends it."""

    owner_id: UUID | None = None
    results: list[Result] = field(default_factory=list)

    def of(self, verdict: sending.Verdict) -> list[UUID]:
        return [one.device_id for one in self.results if one.verdict == verdict]

    @property
    def target(self) -> str:
        """The names of the devices that took it."""
        names = [one.name for one in self.results if one.verdict == "accepted"]
        return ", ".join(names)[:MOST_TARGET]

    async def note(self, session: AsyncSession, *, refusals: bool = True) -> None:
        """Note what was learnt of the devices; `refusals` too."""
        if self.owner_id is None or not self.results:
            return
        await push.note_outcome(
            session,
            owner_id=self.owner_id,
            accepted=self.of("accepted"),
            gone=self.of("gone"),
            refused=self.of("refused") if refusals else [],
        )

    def words(self, *, last: bool) -> str:
        """Return what the push services said, as a delivery's answer."""
        said = "; ".join(one.line() for one in self.results)
        if not last:
            return said
        return f"{NO_DEVICE} ({said})" if said else NO_DEVICE


@handles(REMINDER)
async def remind(run: Run, payload: ReminderPayload) -> None:
    """Send a fired reminder to its owner's devices; if none takes it, by e-mail.

    One that took it is enough: others may be switched off for good. What a device got twice it
    shows once, for both messages have the same tag.
    """
    sent = _Sent()

    async def send(due: DueReminder, before_effect: BeforeEffect) -> str | None:
        return await _send(run, payload, due, sent, before_effect)

    async def also(session: AsyncSession, ended: Ended) -> None:
        if ended.state in {"failed", "unknown"} and ended.retry_at is None:
            await fall_back_to_email(session, payload)
        await _note(run, session, sent)
        if sent.owner_id is not None:
            tell(session, sent.owner_id)

    await deliver(run, payload, channel=CHANNEL, send=send, also=also)


async def _send(
    run: Run,
    payload: ReminderPayload,
    due: DueReminder,
    sent: _Sent,
    before_effect: BeforeEffect,
) -> str | None:
    delay = _shares.delay(due.user.id)
    if delay:
        await run.postpone(delay=delay)
        return None
    sent.owner_id = due.user.id
    with _shares.take(due.user.id):
        signer, devices = await _devices(run, due.user.id)
        if devices:
            await before_effect()
            outbound = run.resources.outbound
            sent.results = await sending.send(outbound, signer, devices, _message(payload, due))
    if sent.of("accepted"):
        return sent.words(last=False)
    # the rest will not change its mind
    last = not sent.of("temporary") or run.job.attempts >= run.job.max_attempts
    wait = max((one.wait_seconds for one in sent.results), default=0.0)
    if wait:
        wait = max(min(wait, MOST_WAIT_SECONDS), run.retry.delay(run.job.attempts))
        run.retry = RetryPolicy(base_seconds=wait, cap_seconds=wait, jitter=0.0)
    unsure = any(one.ambiguous for one in sent.results)
    await run.fail(sent.words(last=last), permanent=last, ambiguous=unsure)
    return None


async def _devices(
    run: Run, owner_id: UUID, *, only: UUID | None = None
) -> tuple[Signer, list[PushSubscription]]:
    """Return what signs messages, and the devices to send to."""
    resources = run.resources
    subject = subject_of(resources.vapid_subject, mail_from=resources.mail_from)
    async with run.database.transaction() as session:
        found = await push.devices(session, owner_id=owner_id, only=only)
        return await vapid.signer(session, subject=subject), list(found)


def _message(payload: ReminderPayload, due: DueReminder) -> messages.Message:
    when: datetime | date | None = due.task.due_date or due.due
    moment = now()
    return messages.reminder(
        reminder_id=payload.reminder_id,
        task_id=due.task.id,
        title=due.task.title,
        due=when,
        zone=due.task.time_zone,
        fire_at=payload.fire_at,
        late=moment - payload.planned_at,
        moment=moment,
    )


async def _note(run: Run, session: AsyncSession, sent: _Sent) -> None:
    """Write which devices took it, and what is known of all of them now."""
    if sent.target:
        await session.execute(
            update(Delivery)
            .where(col(Delivery.job_id) == run.job.id, col(Delivery.attempt) == run.job.attempts)
            .values(target=sent.target)
            .execution_options(synchronize_session=False)
        )
    # once for a message, however often it is tried
    await sent.note(session, refusals=run.job.attempts == 1)


@tester("push")
async def try_out(run: Run, asked: NotificationTest) -> Verdict:
    """Send a test message to one of somebody's devices, or to all."""
    signer, devices = await _devices(run, asked.owner_id, only=asked.target_id)
    if not devices:
        return Verdict(False, UNKNOWN_DEVICE if asked.target_id else NO_DEVICES)
    message = messages.test(test_id=asked.id, moment=now())
    tried = _Sent(
        asked.owner_id, await sending.send(run.resources.outbound, signer, devices, message)
    )
    async with run.database.transaction() as session:
        await tried.note(session)
        tell(session, asked.owner_id)
    transcript = [line for one in tried.results for line in one.transcript(message)]
    accepted = len(tried.of("accepted")) == len(devices)
    return Verdict(
        accepted, ". ".join(one.line() for one in tried.results) + ".", "\n".join(transcript)
    )
