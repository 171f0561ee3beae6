"""The small parts: the registry and the loops."""

import asyncio

import pytest

from taskbell.db import Database
from taskbell_worker.loops import forever
from taskbell_worker.registry import Registry

from .kinds import ACT, Stage


def test_a_kind_has_one_handler(stage: Stage) -> None:
    assert stage.registry.names() == ["test.act", "test.hasty", "test.mailing"]
    assert stage.registry.get("test.unheard-of") is None
    with pytest.raises(ValueError, match=r"test\.act"):
        stage.registry.handles(ACT)(stage.act)
    assert Registry().names() == []


async def test_a_loop_survives_every_error() -> None:
    away = Database("postgresql://u:p@127.0.0.1:1/d", application_name="x")
    rounds: list[int] = []
    enough = asyncio.Event()

    async def step() -> float:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise ZeroDivisionError
        if len(rounds) == 2:
            async with away.connection():
                pass
        enough.set()
        return 0.0

    loop = asyncio.create_task(forever("test", step))
    await asyncio.wait_for(enough.wait(), 10)
    assert not loop.done()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    await away.close()


async def test_a_loop_ends_although_a_library_swallows_the_cancelling() -> None:
    begun = asyncio.Event()

    async def step() -> float:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("lost while it was cancelled") from None
        return 0.0

    loop = asyncio.create_task(forever("test", step))
    await begun.wait()
    loop.cancel()
    done, _ = await asyncio.wait([loop], timeout=5)
    assert loop in done
