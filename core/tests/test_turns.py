"""Turns: in order, at most so many at once, none lost whatever happens to those who wait."""

import asyncio
import random

import pytest

from taskbell.turns import Turns


async def test_first_come_first_served() -> None:
    turns, served = Turns(2, seconds=5), []
    most = running = 0

    async def work(number: int) -> None:
        nonlocal most, running
        await turns.take()
        served.append(number)
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        turns.give_back()

    await asyncio.gather(*(work(number) for number in range(50)))
    assert (served, most) == (list(range(50)), 2)


async def test_those_who_wait_too_long_are_told_in_time() -> None:
    turns = Turns(1, seconds=0.2)
    await turns.take()
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def wait(after: float) -> float:
        await asyncio.sleep(after)
        with pytest.raises(TimeoutError):
            await turns.take()
        return loop.time() - began - after

    waited = await asyncio.gather(*(wait(after) for after in (0.0, 0.05, 0.1, 0.5)))
    assert all(0.19 < seconds < 0.4 for seconds in waited), waited
    turns.give_back()
    await turns.take()


async def test_a_turn_of_somebody_who_left_is_the_next_ones() -> None:
    turns = Turns(1, seconds=5)
    await turns.take()
    gone, there = asyncio.create_task(turns.take()), asyncio.create_task(turns.take())
    await asyncio.sleep(0)
    turns.give_back()  # to the first, who is cancelled before it runs
    gone.cancel()
    await asyncio.wait({gone, there}, timeout=1)
    assert gone.cancelled()
    assert there.done()
    turns.give_back()
    await turns.take()


async def test_no_turn_is_lost_or_made() -> None:
    """Many who come, go, are cancelled and give up, in random order."""
    generator = random.Random(7)
    turns = Turns(3, seconds=0.01)
    running = 0

    async def work() -> None:
        nonlocal running
        await turns.take()
        running += 1
        try:
            assert running <= 3
            await asyncio.sleep(generator.random() * 0.004)
        finally:
            running -= 1
            turns.give_back()

    tasks = []
    for _ in range(500):
        tasks.append(asyncio.create_task(work()))
        if generator.random() < 0.3:
            generator.choice(tasks).cancel()
        await asyncio.sleep(generator.random() * 0.001)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = {type(one) for one in ended}
    assert kinds <= {type(None), TimeoutError, asyncio.CancelledError}
    assert type(None) in kinds
    assert asyncio.CancelledError in kinds
    for _ in range(3):
        await turns.take()
    with pytest.raises(TimeoutError):
        await turns.take()
