"""The queue before passwords: few at once, addresses in turn, nobody starved by somebody else."""

import asyncio
from contextlib import suppress

import pytest

from taskbell.accounts.errors import TooManyPasswordsError
from taskbell.accounts.passwords import MOST_WAITING
from taskbell_api.sign_in_queue import AT_ONCE, SignInQueue


class Scene:
    """People in a queue; who has a turn keeps it until `go_on`."""

    def __init__(self) -> None:
        self.queue = SignInQueue()
        self.served: list[str] = []
        self.inside = 0
        self._gate = asyncio.Semaphore(0)

    async def person(self, address: str) -> None:
        async with self.queue.turn(address):
            self.inside += 1
            assert self.inside <= AT_ONCE
            self.served.append(address)
            await self._gate.acquire()
            self.inside -= 1

    def arrive(self, *addresses: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.person(one)) for one in addresses]

    async def go_on(self, times: int = 1) -> None:
        for _ in range(times):
            self._gate.release()
            await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_few_at_once_and_addresses_in_turn() -> None:
    scene = Scene()
    people = scene.arrive(*["flood"] * 20)
    await settle()
    people += scene.arrive("ada", "bob", "ada")
    await settle()
    assert scene.served == ["flood"] * AT_ONCE
    await scene.go_on(5)
    assert scene.served[AT_ONCE:] == ["flood", "ada", "bob", "flood", "ada"]
    await scene.go_on(30)
    await asyncio.gather(*people)
    assert scene.inside == 0
    assert scene.served.count("flood") == 20


async def test_whoever_sends_most_is_refused_first() -> None:
    scene = Scene()
    flood = scene.arrive(*["flood"] * (AT_ONCE + MOST_WAITING + 5))
    await settle()
    refused = [one for one in flood if one.done()]
    assert len(refused) == 5
    for one in refused:
        with pytest.raises(TooManyPasswordsError):
            one.result()
    ada = scene.arrive("ada")
    await settle()
    assert sum(one.done() for one in flood) == 6, "a place of theirs was taken"
    await scene.go_on(2)
    assert scene.served[-1] == "ada"
    await scene.go_on(MOST_WAITING + 10)
    await asyncio.gather(*flood, *ada, return_exceptions=True)
    assert scene.inside == 0


async def test_many_addresses_are_bounded_too() -> None:
    scene = Scene()
    people = scene.arrive(*(str(number) for number in range(AT_ONCE + MOST_WAITING)))
    await settle()
    with pytest.raises(TooManyPasswordsError):
        async with scene.queue.turn("one more"):
            pass
    await scene.go_on(len(people))
    await asyncio.gather(*people)


async def test_who_goes_away_takes_no_turn() -> None:
    scene = Scene()
    people = scene.arrive(*["flood"] * AT_ONCE, "gone", "ada")
    await settle()
    people[AT_ONCE].cancel()
    await settle()
    await scene.go_on()
    assert scene.served[-1] == "ada"
    # and one whose turn comes in the very moment they go
    last = scene.arrive("late")[0]
    await settle()
    scene._gate.release()
    await asyncio.sleep(0)
    last.cancel()
    await settle()
    await scene.go_on(AT_ONCE + 3)
    for one in [*people, last]:
        with suppress(asyncio.CancelledError):
            await one
    async with asyncio.timeout(1):
        for _ in range(AT_ONCE + 1):
            async with scene.queue.turn("after"):
                pass
