"""Doing with one call what many ask for in the same moment: one statement instead of each one's."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")

MOST = 100
"""In one call."""


class Together(Generic[A, R]):
    """Gathers what is asked for while a call is under way, and makes the next one with all of it.

    Who asks alone is served at once; right after another call the next one waits for `pause`
    seconds, so that it is worth more. `work` returns an answer for each, in their order; what it
    raises is raised to each of them. A call goes on when somebody who waits for it is cancelled.
    """

    def __init__(
        self, work: Callable[[Sequence[A]], Awaitable[Sequence[R]]], *, pause: float
    ) -> None:
        self._work = work
        self._pause = pause
        self._ended = -pause
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, item: A) -> R:
        """Return the answer for `item`."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        return await future

    async def _serve(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._ended + self._pause - time.monotonic())
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            batch = [one for one in batch if not one[1].done()]  # nobody waits for those
            if batch:
                await self._serve_batch(batch)
                self._ended = time.monotonic()

    async def _serve_batch(self, batch: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._work([item for item, _ in batch])
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
