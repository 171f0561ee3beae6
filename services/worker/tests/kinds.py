"""Kinds of jobs whose handlers do what a test tells them to."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field

from taskbell.jobs.errors import DeadError, RetryError
from taskbell.jobs.kinds import Kind, Payload, RetryPolicy
from taskbell_worker.registry import Registry
from taskbell_worker.run import Run


class Act(Payload):
    """What the handler shall do."""

    what: str = "nothing"


ACT = Kind("test.act", Act, retry=RetryPolicy(max_attempts=3, base_seconds=0.01, jitter=0))
HASTY = Kind("test.hasty", Act, timeout_seconds=0.05)
MAILING = Kind("test.mailing", Act, lane="mail")


@dataclass
class Stage:
    """Where the handlers act: what ran, and the gate that `wait` waits for."""

    ran: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    registry: Registry = field(default_factory=Registry)

    def __post_init__(self) -> None:
        self.registry.handles(ACT)(self.act)
        self.registry.handles(HASTY)(self.act)
        self.registry.handles(MAILING)(self.act)

    async def act(self, run: Run, payload: Act) -> None:
        self.ran[payload.what] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._do(run, payload.what)
        finally:
            self.at_once -= 1

    async def _do(self, run: Run, what: str) -> None:
        if what in {"wait", "effect and wait"}:
            if what.startswith("effect"):
                async with run.database.transaction() as session:
                    await run.start_effect(session)
            await self.gate.wait()
        elif what == "swallow":
            with contextlib.suppress(asyncio.CancelledError):
                await self.gate.wait()
            await self.gate.wait()
        elif what == "raise":
            raise ZeroDivisionError("it broke \udce9\x00")
        elif what == "retry":
            raise RetryError("not yet")
        elif what == "give up":
            raise DeadError("never")
        elif what == "finish and raise":
            await run.finish()
            raise ZeroDivisionError
