"""Hearing the bell: one subscription a process, whatever becomes of Redis."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from taskbell.events import bell

SOCKET_SECONDS = 1.0
PING_SECONDS = 1.0
SILENCE_SECONDS = 2.5
"""A server that has not answered a ping for so long is away."""

AGAIN_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Ears:
    """Listens for the bell, but not to `name`. `is_deaf`: nothing can be heard right now."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        heard: Callable[[Iterable[UUID]], None],
        missed: Callable[[], None],
    ) -> None:
        self.is_deaf = True
        self._url = url
        self._name = name
        self._heard = heard
        self._missed = missed

    async def listen(self) -> None:
        """Listen until cancelled. `missed` is called whenever hearing begins (again)."""
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError, TimeoutError) as error:
                if not self.is_deaf:
                    log.warning("bell_not_heard", error=type(error).__name__)
            self.is_deaf = True
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen_once(self) -> None:
        redis: Any = Redis.from_url(
            self._url,
            socket_timeout=SOCKET_SECONDS,
            socket_connect_timeout=SOCKET_SECONDS,
            socket_keepalive=True,
        )
        pubsub = redis.pubsub()
        try:
            await pubsub.subscribe(bell.CHANNEL)
            await self._follow(pubsub)
        finally:
            await pubsub.aclose()
            await redis.aclose()

    async def _follow(self, pubsub: Any) -> None:
        heard_at = time.monotonic()
        while time.monotonic() - heard_at < SILENCE_SECONDS:
            message = await pubsub.get_message(timeout=PING_SECONDS)
            if message is None:
                await pubsub.ping()
                continue
            heard_at = time.monotonic()
            if message["type"] == "subscribe":
                self.is_deaf = False
                self._missed()
            elif message["type"] == "message":
                sender, user_ids = bell.read(message["data"])
                if sender != self._name:
                    self._heard(user_ids)
        raise TimeoutError("no answer to a ping")
