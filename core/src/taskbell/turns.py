"""A queue for something scarce: who asks first is served first, and nobody waits for ever."""

import asyncio
from collections import deque


class Turns:
    """`free` turns at a time; `take()` gives up after `seconds`.

    `asyncio.Semaphore` under `asyncio.timeout` does the same for a timer and a context each time
    somebody waits; here one timer serves all who do.
    """

    def __init__(self, free: int, *, seconds: float) -> None:
        self._free = free
        self._seconds = seconds
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take_free(self) -> bool:
        """Take a turn if nobody has to be waited for; tell whether it was taken."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Wait for a turn, which must be given back. Raises `TimeoutError`."""
        if self.take_free():
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + self._seconds, turn))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._give_up, loop)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()  # it was our turn just then
            raise

    def give_back(self) -> None:
        """End a turn: it is the next one's."""
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting and self._waiting[0][0] <= loop.time():
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(TimeoutError("no turn in time"))
        # the first deadline is the next one: all wait equally long
        self._timer = (
            loop.call_at(self._waiting[0][0], self._give_up, loop) if self._waiting else None
        )
