"""One run of a claimed job: what a handler may do with it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.db import Database, is_unreachable
from taskbell.jobs import lifecycle
from taskbell.jobs.errors import LeaseLostError
from taskbell.jobs.kinds import RetryPolicy
from taskbell.jobs.lifecycle import ClaimedJob
from taskbell.mail.smtp import Mailer
from taskbell.outbound.client import Outbound
from taskbell_worker.deliveries import Deliveries
from taskbell_worker.giving_up import give_up

Outcome = Literal["done", "retry", "dead", "lost", "released"]
Write = Callable[[AsyncSession], Awaitable[None]]
WriteFailure = Callable[[AsyncSession, "Failure"], Awaitable[None]]
T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """How an attempt failed; `retry_at` is None when it was the last one."""

    error: str
    ambiguous: bool
    retry_at: datetime | None


@dataclass(frozen=True)
class Resources:
    """What handlers need of the outside.

    `unconfirmed_per_day`: reminders to an address that nobody has confirmed. `outbound`: requests
    to addresses that people give. `vapid_subject`: whom push services may write to. `deliveries`:
    steps of many reminders with one statement.
    """

    database: Database
    mailer: Mailer
    mail_from: str
    public_url: str
    unconfirmed_per_day: int = 200
    outbound: Outbound = field(default_factory=Outbound)
    vapid_subject: str = ""
    deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "deliveries", Deliveries(self.database))


@dataclass
class Run:
    """A job while it runs. The handler may end it itself, together with what it writes.

    Ends are guarded by the lease: `LeaseLostError` means that the job is somebody else's by now,
    and that nothing was written. `on_failure` writes in the transaction that ends a failed attempt,
    whatever it failed of. `is_cut_off`: it was told to stop.
    """

    job: ClaimedJob
    resources: Resources
    retry: RetryPolicy
    outcome: Outcome | None = None
    error: str | None = None
    on_failure: WriteFailure | None = None
    effect_started: bool = False
    is_cut_off: bool = False
    lease_ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.lease_ends = self.job.asked + self.job.lease_seconds

    @property
    def database(self) -> Database:
        """The database; steps of a handler open their own transactions."""
        return self.resources.database

    async def start_effect(self, session: AsyncSession) -> None:
        """Note, in the caller's transaction, that an effect outside the database begins."""
        await lifecycle.start_effect(session, self.job)
        self.effect_started = True

    async def finish(self, write: Write | None = None) -> None:
        """End the job well, in one transaction with what `write` adds."""

        async def step() -> None:
            if write is None:
                async with self.database.connection() as connection:
                    await lifecycle.done(connection, self.job)
                return
            async with self.database.transaction() as session:
                # first: it takes the row's lock, and a lost lease must write nothing
                await lifecycle.done(session, self.job)
                await write(session)

        await self._while_leased(step)
        self.outcome = "done"

    async def fail(
        self,
        error: str,
        *,
        permanent: bool = False,
        ambiguous: bool | None = None,
    ) -> None:
        """End this attempt: the job is tried again later, or is dead.

        `ambiguous`: an effect had begun and nobody knows whether it happened; None if it began and
        the caller cannot tell either.
        """
        unsure = self.effect_started if ambiguous is None else ambiguous
        last = permanent or self.job.attempts >= self.job.max_attempts

        async def step() -> None:
            async with self.database.transaction() as session:
                retry_at = None
                if last:
                    await lifecycle.dead(session, self.job, error=error, ambiguous=unsure)
                else:
                    delay = self.retry.delay(self.job.attempts)
                    retry_at = await lifecycle.retry(
                        session, self.job, error=error, delay=delay, ambiguous=unsure
                    )
                if self.on_failure is not None:
                    await self.on_failure(session, Failure(error, unsure, retry_at))
                elif last:  # its handler never ran
                    await give_up(session, job_ids=[self.job.id])

        await self._while_leased(step)
        self.outcome, self.error = ("dead" if last else "retry"), error

    async def postpone(self, *, delay: float) -> None:
        """Put the job back for `delay` seconds: it had no turn, and this was no attempt."""
        async with self.database.connection() as connection:
            await lifecycle.postpone(connection, self.job, delay=delay)
        self.outcome = "released"

    async def release(self) -> None:
        """Give the job back unharmed, for another worker."""
        async with self.database.connection() as connection:
            await lifecycle.release(connection, self.job, reason="released: the worker stopped")
        self.outcome = "released"

    async def _while_leased(self, step: Callable[[], Awaitable[T]]) -> T:
        # the effect has happened: while Postgres is away, keep trying to say so
        pause = 0.1
        while True:
            try:
                return await step()
            except Exception as error:
                if not is_unreachable(error):
                    raise
                if time.monotonic() + pause > self.lease_ends:
                    raise LeaseLostError("the lease ended while Postgres was away") from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)
