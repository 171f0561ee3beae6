"""A queue before passwords: few at once are looked at, so that the others' requests get through.

Two hundred sign-ins at once would otherwise all stand at the event loop, the pool and Redis at the
same time, only to wait for the same thread in the end (docs/performance.md). Addresses take turns:
whoever sends many waits for themselves, and not everybody for them.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from taskbell.accounts.errors import TooManyPasswordsError
from taskbell.accounts.passwords import MOST_WAITING

AT_ONCE = 3
"""One is hashed, the others are on their way there and back."""

RETRY_AFTER = 5


class SignInQueue:
    """`MOST_WAITING` wait at most. One more takes the last place of the address with the most."""

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for the turn of one request from an address. Raises `TooManyPasswordsError`."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(address)
        try:
            yield
        finally:
            self._next()

    async def _wait(self, address: str) -> None:
        if self._count >= MOST_WAITING:
            self._make_room(address)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        self._count += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # it was our turn just then
            raise

    def _make_room(self, address: str) -> None:
        most = max(self._waiting, key=lambda one: len(self._waiting[one]))
        if len(self._waiting[most]) <= len(self._waiting.get(address, ())) + 1:
            raise TooManyPasswordsError(retry_after=RETRY_AFTER)
        last = self._waiting[most].pop()
        self._count -= 1
        if not last.done():
            last.set_exception(TooManyPasswordsError(retry_after=RETRY_AFTER))

    def _next(self) -> None:
        while self._waiting:
            address, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            self._count -= 1
            if queue:
                self._waiting[address] = queue  # behind the others
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
