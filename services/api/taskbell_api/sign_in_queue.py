"""A queue before passwords: few at once are looked at, so that the others' requests get through.

Two hundred sign-ins at once would otherwise all stand at the event loop, the pool and Redis at the
same time, only to wait for the same thread in the end (docs/performance.md).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from taskbell.accounts.errors import TooManyPasswordsError
from taskbell.accounts.passwords import MOST_WAITING

AT_ONCE = 3
"""One is hashed, the others are on their way there and back."""


class SignInQueue:
    """First come, first served; `MOST_WAITING` wait at most."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn. Raises `TooManyPasswordsError`."""
        if self._waiting >= MOST_WAITING:
            raise TooManyPasswordsError(retry_after=5)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()
