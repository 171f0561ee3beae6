"""The bell of live streams: tells every API process over Redis whose things have changed.

It may be lost, doubled or late without harm: the changes are in Postgres, and streams look there by
themselves every few seconds.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from taskbell.ids import new_id

CHANNEL = "taskbell:changed"
GATHER_SECONDS = 0.004
"""For so long changes are gathered into one message."""

RING_SECONDS = 0.25
PAUSE_SECONDS = 1.0
"""After a failed ring none is tried for this long: a frozen Redis must not pile up work."""

log = structlog.get_logger(__name__)


class Bell:
    """Rings for users whose things have changed; best effort, never waits, never raises.

    `name` is in each message, so that who rang need not listen to themselves.
    """

    def __init__(self, redis: "Redis") -> None:
        self.name = new_id().hex
        self._redis = redis
        self._waiting: set[UUID] = set()
        self._ringing: asyncio.Task[None] | None = None
        self._silent_until = 0.0
        self._nearby: list[Callable[[Iterable[UUID]], None]] = []

    def on_ring(self, callback: Callable[[Iterable[UUID]], None]) -> None:
        """Let `callback`, in this process, hear at once who is rung for, also without Redis."""
        self._nearby.append(callback)

    def ring(self, user_ids: Collection[UUID]) -> None:
        """Send the ids within a few milliseconds, together with those that follow by then."""
        for callback in self._nearby:
            callback(user_ids)
        if time.monotonic() < self._silent_until:
            return
        self._waiting.update(user_ids)
        if self._waiting and self._ringing is None:
            self._ringing = asyncio.create_task(self._send())

    async def tell(self, user_ids: Collection[UUID]) -> None:
        """Ring: for `Database`'s `after_change`."""
        self.ring(user_ids)

    async def close(self) -> None:
        """Send what is waiting. The connections belong to who gave them."""
        if self._ringing is not None:
            await self._ringing

    async def _send(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(GATHER_SECONDS)
                message, self._waiting = write(self.name, self._waiting), set()
                async with asyncio.timeout(RING_SECONDS):
                    await self._redis.publish(CHANNEL, message)
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            self._waiting.clear()
            log.warning("bell_lost", error=type(error).__name__)
        finally:
            self._ringing = None


def write(sender: str, user_ids: Iterable[UUID]) -> str:
    """Return the message that `read` understands."""
    return " ".join([sender, *(one.hex for one in user_ids)])


def read(message: bytes) -> tuple[str, list[UUID]]:
    """Return who rang and for whom; nobody for what makes no sense."""
    try:
        sender, *users = message.decode().split(" ")
        return sender, [UUID(one) for one in users]
    except ValueError:
        return "", []
