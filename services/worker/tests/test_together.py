"""What many ask for in the same moment is done with one call."""

import asyncio
from collections.abc import Sequence

import pytest

from taskbell_worker.together import MOST, Together


class Work:
    """Doubles numbers; remembers the calls, and waits for the gate in each."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(numbers))
        await self.gate.wait()
        if -1 in numbers:
            raise ZeroDivisionError("no")
        return [2 * number for number in numbers]


async def test_who_asks_alone_is_served_at_once() -> None:
    work = Work()
    together = Together(work, pause=60)
    assert await together.ask(3) == 6
    assert work.calls == [[3]]


async def test_what_is_asked_meanwhile_is_one_call() -> None:
    work = Work()
    together = Together(work, pause=0.01)
    work.gate.clear()
    first = asyncio.create_task(together.ask(1))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(together.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0.01)
    work.gate.set()
    assert await first == 2
    assert await asyncio.gather(*others) == [4, 6, 8]
    assert work.calls == [[1], [2, 3, 4]]


async def test_a_call_is_not_too_large() -> None:
    work = Work()
    together = Together(work, pause=0)
    asked = [together.ask(number) for number in range(2 * MOST + 1)]
    assert await asyncio.gather(*asked) == [2 * number for number in range(2 * MOST + 1)]
    assert [len(call) for call in work.calls] == [MOST, MOST, 1]


async def test_an_error_is_everybodys_and_the_next_call_goes_well() -> None:
    work = Work()
    together = Together(work, pause=0)
    failed = await asyncio.gather(together.ask(1), together.ask(-1), return_exceptions=True)
    assert [type(one) for one in failed] == [ZeroDivisionError, ZeroDivisionError]
    assert await together.ask(5) == 10


async def test_who_leaves_takes_nobody_with_them() -> None:
    work = Work()
    together = Together(work, pause=0)
    work.gate.clear()
    leaves, stays = (asyncio.create_task(together.ask(number)) for number in (1, 2))
    await asyncio.sleep(0.01)
    waits = asyncio.create_task(together.ask(3))
    await asyncio.sleep(0)
    for task in (leaves, waits):
        task.cancel()
    work.gate.set()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await leaves
    assert await together.ask(4) == 8
    assert work.calls == [[1, 2], [4]], "nobody waited for 3 any more"
