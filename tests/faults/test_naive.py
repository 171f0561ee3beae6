"""This suite can fail: a naive variant, put through the same faults, is seen to lose jobs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import create_async_engine

from taskbell.db import normalise_url
from taskbell_local.stack import Stack
from tests.faults import naive
from tests.faults.conftest import ENGINE
from tests.faults.figures import note
from tests.faults.kinds import EFFECTS_FILE
from tests.faults.naive import Producer
from tests.faults.waiting import until

PATIENCE = 8.0
"""Seconds without any progress after which what has not run counts as lost; our own engine is
through with all of its jobs in less."""


class Naive:
    """The naive stack, and what it has done."""

    def __init__(self, stack: Stack, effects: Path, producer: Producer) -> None:
        self.stack = stack
        self.effects = effects
        self.producer = producer

    def done(self) -> set[UUID]:
        lines = self.effects.read_text().splitlines() if self.effects.exists() else []
        return {UUID(line.split()[0]) for line in lines} & self.producer.committed

    async def had_effects(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.done()) >= count

        await until(enough, f"{count} effects", poll=0.02)

    async def lost(self) -> int:
        """Wait until all is done, or nothing has happened for a long time; count what is left."""
        seen, since = -1, asyncio.get_running_loop().time()
        while left := self.producer.committed - self.done():
            moment = asyncio.get_running_loop().time()
            if len(left) != seen:
                seen, since = len(left), moment
            if moment - since > PATIENCE:
                break
            await asyncio.sleep(0.1)
        note(f"naive: {len(self.producer.committed)} committed, {len(left)} lost")
        return len(left)


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("naive") / "effects"


@pytest.fixture(scope="module")
def stack(effects: Path) -> Iterator[Stack]:
    with Stack(
        services=ENGINE, worker_module="tests.faults.naive", env={EFFECTS_FILE: str(effects)}
    ) as running:
        yield running


@pytest_asyncio.fixture
async def variant(stack: Stack, effects: Path) -> AsyncIterator[Naive]:
    stack.start("redis")
    stack.start("worker")
    engine = create_async_engine(normalise_url(stack.owner_url))
    async with engine.begin() as connection:
        await connection.execute(naive.CREATE)
    redis = await naive.connect(stack.redis_url)
    yield Naive(stack, effects, Producer(engine, redis))
    await redis.aclose(close_connection_pool=True)
    await engine.dispose()


async def add(variant: Naive, count: int, *, work_ms: int = 10) -> None:
    for _ in range(count):
        await variant.producer.add(work_ms=work_ms)


async def test_without_faults_it_loses_nothing(variant: Naive) -> None:
    """So what is lost below is lost by the fault."""
    await add(variant, 100)
    assert await variant.lost() == 0


async def test_loses_when_redis_is_flushed(variant: Naive) -> None:
    await add(variant, 200, work_ms=50)
    await variant.had_effects(20)
    await variant.producer.redis.flushall()
    assert await variant.lost() > 0


@pytest.mark.full
async def test_loses_when_redis_is_killed(variant: Naive) -> None:
    await add(variant, 200, work_ms=50)
    await variant.had_effects(20)
    variant.stack.signal("worker", 0)  # it ends by itself when Redis goes; we start it again
    await asyncio.to_thread(variant.stack.kill, "redis")
    await asyncio.to_thread(variant.stack.start, "redis")
    await asyncio.to_thread(variant.stack.start, "worker")
    assert await variant.lost() > 0


@pytest.mark.full
async def test_loses_when_the_producer_dies_after_its_commit(
    variant: Naive, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(variant.producer.redis, "enqueue_job", die)
    with pytest.raises(SystemExit):
        await variant.producer.add()
    assert await variant.lost() == 1


@pytest.mark.full
async def test_loses_when_the_worker_is_killed(variant: Naive) -> None:
    """What ran is held back for five minutes by arq's own settings: lost for any reminder."""
    await add(variant, 60, work_ms=500)

    async def busy() -> bool:
        return len(await variant.producer.redis.keys("arq:in-progress:*")) > 4

    await until(busy, "some jobs in progress", poll=0.01)
    await asyncio.to_thread(variant.stack.kill, "worker")
    await asyncio.to_thread(variant.stack.start, "worker")
    assert await variant.lost() > 0
