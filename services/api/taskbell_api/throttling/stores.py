"""Where buckets are kept: in Redis, for all processes, and in this process while Redis is away."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import structlog

from taskbell_api.throttling.buckets import Drop, Poured

if TYPE_CHECKING:
    from redis.asyncio import Redis

REDIS_SECONDS = 0.5
"""A request waits for Redis no longer than this."""

PAUSE_SECONDS = 5.0
"""After a failure Redis is left alone for so long, then one request tries it again."""

MOST_KEYS = 50_000
"""Buckets remembered in a process: about 10 MB."""

log = structlog.get_logger(__name__)

_TAKE = files(__package__).joinpath("take.lua").read_text()


class Buckets:
    """All buckets. Redis counts; what it says is kept here too, and goes on from there without it.

    Away is: down, frozen, slow, full. Then each process counts for itself.
    """

    def __init__(self, redis: "Redis", *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._redis = redis
        self._here = LocalBuckets()
        self._pause = pause_seconds
        self._is_away = False
        self._alone_until = 0.0

    async def pour(self, drops: Sequence[Drop]) -> Poured:
        """Pour all of `drops` or none; one round trip, `REDIS_SECONDS` at most. Never raises."""
        moment = time.monotonic()
        if moment < self._alone_until:
            return self._here.pour(drops)
        if self._is_away:
            self._alone_until = moment + self._pause  # this one tries, the others need not wait
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                poured = await self._pour_there(drops)
        except Exception as error:  # whatever it is: signing in must go on
            self._leave(error)
            return self._here.pour(drops)
        self._return()
        self._here.learn(zip((drop.key for drop in drops), poured.levels, strict=True))
        return poured

    async def _pour_there(self, drops: Sequence[Drop]) -> Poured:
        keys = [drop.key for drop in drops]
        numbers = [
            str(number)
            for drop in drops
            for number in (drop.limit.window, drop.amount, int(drop.refuses))
        ]
        # its text each time instead of its hash: no second round trip after a flush or restart
        fits, *levels = await self._redis.eval(_TAKE, len(keys), *keys, *numbers)  # type: ignore[misc]
        return Poured(fits == 1, [int(level) for level in levels])

    def _leave(self, error: Exception) -> None:
        self._alone_until = time.monotonic() + self._pause
        if not self._is_away:
            self._is_away = True
            log.warning("rate_limits_local", error=type(error).__name__)

    def _return(self) -> None:
        if self._is_away:
            self._is_away = False
            self._alone_until = 0.0
            log.warning("rate_limits_shared")


class LocalBuckets:
    """The buckets of this process: as `take.lua`, by the clock of the process."""

    def __init__(self, *, most: int = MOST_KEYS) -> None:
        self._empty_at: dict[str, int] = {}
        self._most = most

    def pour(self, drops: Sequence[Drop]) -> Poured:
        """Pour all of `drops` or none."""
        now = _microseconds()
        levels = [max(0, self._empty_at.get(drop.key, now) - now) for drop in drops]
        for drop, level in zip(drops, levels, strict=True):
            if drop.refuses and level + drop.amount > drop.limit.window:
                return Poured(False, levels)
        for i, drop in enumerate(drops):
            if drop.uses:
                levels[i] = max(0, min(levels[i] + drop.amount, drop.limit.window))
        self.learn(zip((drop.key for drop in drops), levels, strict=True))
        return Poured(True, levels)

    def learn(self, levels: Iterable[tuple[str, int]]) -> None:
        """Take over the levels of buckets, by key."""
        now = _microseconds()
        for key, level in levels:
            if level > 0:
                self._empty_at[key] = now + level
            else:
                self._empty_at.pop(key, None)
        if len(self._empty_at) > self._most:
            self._make_room(now)

    def _make_room(self, now: int) -> None:
        """Forget the empty buckets, and those that will be empty first, down to nine tenths."""
        full = sorted((when, key) for key, when in self._empty_at.items() if when > now)
        self._empty_at = {key: when for when, key in full[-self._most * 9 // 10 :]}


def _microseconds() -> int:
    return time.monotonic_ns() // 1000
