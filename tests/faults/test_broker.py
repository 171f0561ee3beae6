"""Redis killed, flushed, frozen, absent, set back: the jobs are in Postgres and run regardless."""

import asyncio
import time

import pytest

from tests.faults.field import Field
from tests.faults.kinds import NOTE, Work


async def test_killed_under_load(field: Field) -> None:
    load = asyncio.create_task(field.load(400))
    await field.had_effects(60)
    await field.kill("redis")
    await field.had_effects(120)  # goes on without it
    await field.do(field.stack.start, "redis")
    await load
    figures = await field.settle(timeout=15)
    assert figures.duplicates == 0


async def test_flushed_under_load(field: Field) -> None:
    load = asyncio.create_task(field.load(500))
    for share in (60, 120, 240, 400):
        await field.had_effects(share)
        await field.flush()
    await load
    figures = await field.settle(timeout=15)
    assert figures.duplicates == 0


@pytest.mark.full
async def test_flushed_with_a_long_queue(field: Field) -> None:
    await field.enqueue_many(1000)
    await field.had_effects(50)
    await field.flush()
    figures = await field.settle(timeout=40)
    assert figures.duplicates == 0


@pytest.mark.parametrize("seconds", [6, pytest.param(30, marks=pytest.mark.full)])
async def test_frozen_under_load(field: Field, seconds: float) -> None:
    load = asyncio.create_task(field.load(int(30 * seconds), rate=30))
    await field.had_effects(30)
    field.stack.freeze("redis")
    frozen = time.monotonic()
    before = len(field.effects())
    await asyncio.sleep(seconds)  # the fault itself
    assert len(field.effects()) > before + 10, "nothing ran while Redis was frozen"
    await field.do(field.stack.thaw, "redis")
    assert time.monotonic() - frozen < seconds + 5
    await load
    figures = await field.settle(timeout=15)
    assert figures.duplicates == 0


@pytest.mark.full
async def test_absent_from_the_start(field: Field) -> None:
    await field.do(field.stack.stop, "worker")
    await field.do(field.stack.kill, "redis")
    await field.do(field.stack.start, "worker")
    await field.load(200)
    await field.settle(timeout=30)
    await field.do(field.stack.start, "redis")
    await field.load(300)
    figures = await field.settle(timeout=15)
    assert figures.duplicates == 0


@pytest.mark.full
async def test_set_back_to_an_old_snapshot(field: Field) -> None:
    """What Redis remembers is stale, and what it should remember is gone."""
    await field.enqueue_many(100)
    await field.had_effects(1)
    await field.redis.save()  # with tickets of jobs that will be done by the time it comes back
    await field.had_effects(100)
    await field.enqueue_many(300, work_ms=100)
    await field.had_effects(120)
    await field.do(field.stack.kill, "redis")  # and 200 tickets with it
    await field.do(field.stack.start, "redis")
    figures = await field.settle(timeout=15)
    assert figures.duplicates == 0


@pytest.mark.full
async def test_queue_lost_but_its_keys_kept(field: Field) -> None:
    """As an eviction might do it: arq then believes that every ticket is still queued."""
    await field.do(field.stack.stop, "worker")
    await field.load(100)
    await field.redis.delete("taskbell:tickets")
    await field.do(field.stack.start, "worker")
    await field.settle(timeout=20)


@pytest.mark.full
async def test_full_queue_of_nonsense(field: Field) -> None:
    """Entries without a job, with a job that never was, and with a body that is no JSON."""
    await field.do(field.stack.stop, "worker")
    moment = int(time.time() * 1000) - 60_000
    names = {f"nonsense-{n}": moment + n for n in range(300)}
    await field.redis.zadd("taskbell:tickets", names)
    for name in list(names)[:50]:
        await field.redis.set(f"arq:job:{name}", b"\x80\x04no json")
    await field.enqueue(NOTE, Work(), count=50)
    await field.do(field.stack.start, "worker")
    await field.settle(timeout=20)
