"""Loops that go on whatever happens: an error ends a round, never the loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from redis.exceptions import RedisError

from taskbell.db import is_unreachable

log = structlog.get_logger(__name__)


def insist_on_cancelling() -> None:
    """Raise `CancelledError` in a task that was cancelled and runs on.

    When a connection breaks in that moment, redis-py and arq swallow it or raise their own error
    in its place; a worker told to stop would never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def forever(name: str, step: Callable[[], Awaitable[float]]) -> None:
    """Run `step` again and again; it returns the seconds to wait before the next round."""
    while True:
        try:
            pause = await step()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("round_failed", loop=name, error=type(error).__name__)
            pause = 1.0
        except Exception as error:
            if is_unreachable(error):
                log.warning("round_failed", loop=name, error=type(error).__name__)
            else:
                log.exception("round_failed", loop=name)
            pause = 1.0
        insist_on_cancelling()
        await asyncio.sleep(pause)


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel `tasks` until they end.

    Before Python 3.12 `asyncio.wait_for`, which redis-py sends with, may swallow a cancellation.
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1.0)
