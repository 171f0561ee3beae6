"""Waiting for conditions, never for times."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(
    condition: Callable[[], Awaitable[T]],
    what: str,
    *,
    timeout: float = 30,  # noqa: ASYNC109
    poll: float = 0.1,
) -> T:
    """Return the first true answer of `condition`; `TimeoutError` names `what` otherwise.

    A condition that cannot be asked (the database is away) is not true yet.
    """
    deadline = time.monotonic() + timeout
    while True:
        problem: Exception | None = None
        try:
            answer = await condition()
            if answer:
                return answer
        except AssertionError:
            raise
        except Exception as error:
            problem = error
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout:g} s: {what}") from problem
        await asyncio.sleep(poll)
