"""Waiting for conditions, never for times."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[object]], *, within: float = 20) -> None:
    """Return when `condition` is true; fail when it is not in time."""
    deadline = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < deadline, f"not within {within:g} s: {condition}"
        await asyncio.sleep(0.02)
