"""Workers killed, paused, ended; jobs that kill their worker."""

import asyncio
import signal

import pytest

from tests.faults.field import LEASE_SECONDS, WORKERS, Field
from tests.faults.kinds import DIE, NOTE, Nothing, Work
from tests.faults.waiting import until

BACK_SECONDS = LEASE_SECONDS + 16
"""A lease, a sweep, a relay and the start of a worker on a busy machine."""


async def test_killed_under_load(field: Field) -> None:
    load = asyncio.create_task(field.load(600))
    for round_, share in enumerate((60, 180, 300)):
        await field.had_effects(share)
        await field.kill("worker", index=round_ % WORKERS)
        await field.do(field.stack.start, "worker")
    await load
    await field.settle(timeout=BACK_SECONDS)


async def test_all_killed_with_full_hands(field: Field) -> None:
    """Each holds running jobs; whatever tickets it held beside them must not wait for long."""
    await field.enqueue(NOTE, Work(work_ms=1500), count=60)
    await field.running(WORKERS * field.slots)
    await field.kill("worker", index=0)
    await field.kill("worker", index=1)
    await field.do(field.stack.start, "worker")
    await field.settle(timeout=BACK_SECONDS)


@pytest.mark.full
async def test_killed_again_and_again(field: Field) -> None:
    """Tickets that died with their workers must not pile up at the head of the queue."""
    await field.enqueue_many(2500)
    for share in range(50, 1050, 100):
        await field.had_effects(share)
        await field.kill("worker", index=share // 100 % WORKERS)
        await field.do(field.stack.start, "worker")
    await field.settle(timeout=BACK_SECONDS + 20)


async def test_terminated_under_load(field: Field) -> None:
    load = asyncio.create_task(field.load(500))
    for round_, share in enumerate((50, 150, 250, 350)):
        await field.had_effects(share)
        await field.do(field.stack.stop, "worker", index=round_ % WORKERS)
        await field.do(field.stack.start, "worker")
    await load
    figures = await field.settle(timeout=20)
    assert figures.duplicates == figures.ambiguous == figures.crashes == 0
    assert figures.slowest < 8, "tickets were lost"
    assert all(job.attempts == 1 for job in (await field.jobs()).values())


@pytest.mark.full
async def test_terminated_with_jobs_that_take_too_long(field: Field) -> None:
    """They are given back; it costs them neither an attempt nor a crash."""
    await field.enqueue(NOTE, Work(work_ms=9000), count=12)
    await field.running(12)
    await field.do(field.stack.stop, "worker")
    jobs = (await field.jobs()).values()
    assert {(job.state, job.attempts, job.crashes) for job in jobs} == {("ready", 0, 0)}
    await field.do(field.stack.start, "worker")
    figures = await field.settle(timeout=25)
    assert figures.duplicates == figures.ambiguous == figures.crashes == 0


async def test_paused_past_its_lease(field: Field) -> None:
    """The other worker takes over; the sleeper finds out and changes nothing."""
    await field.enqueue(NOTE, Work(work_ms=1000), count=2 * field.slots)
    await field.running(2 * field.slots)
    await field.do(field.stack.freeze, "worker", index=0)
    field.kills += 1
    await field.settle(timeout=BACK_SECONDS)
    before = await field.jobs()
    await field.do(field.stack.thaw, "worker", index=0)
    await field.do(field.stack.stop, "worker", index=1)
    await field.enqueue(NOTE, Work(), count=50)  # the sleeper works on as if nothing had been
    figures = await field.settle(timeout=20)
    after = await field.jobs()
    assert all(after[job][:6] == before[job][:6] for job in before)
    assert figures.crashes > 0
    assert figures.crashes == sum(job.crashes for job in before.values())


@pytest.mark.full
async def test_both_paused_under_load(field: Field) -> None:
    load = asyncio.create_task(field.load(500))
    await field.had_effects(60)
    for _ in range(2):
        for index in range(WORKERS):
            field.stack.freeze("worker", index=index)
            field.kills += 1
        await asyncio.sleep(LEASE_SECONDS + 2)  # the fault itself
        await field.do(field.stack.thaw, "worker")
        await field.had_effects(len(field.effects().keys() & field.committed) + 30)
    await load
    await field.settle(timeout=BACK_SECONDS)


async def restart_whatever_dies(field: Field) -> None:
    """As the container runtime does."""
    while True:
        if len(field.stack.pids("worker")) < WORKERS:
            await field.do(field.stack.start, "worker")
        await asyncio.sleep(0.1)


async def test_jobs_that_kill_their_worker(field: Field) -> None:
    """Dead after three crashes. Who ran beside them lives, even if that was each time."""
    keeper = asyncio.create_task(restart_whatever_dies(field))
    field.expects_deaths = True
    neighbours = await field.enqueue(NOTE, Work(work_ms=2500), count=WORKERS * field.slots - 2)
    await field.running(WORKERS * field.slots - 2)
    killers = await field.enqueue(DIE, Nothing(), count=2)
    field.kills += 6
    load = asyncio.create_task(field.load(150, rate=20))

    async def given_up() -> bool:
        jobs = await field.jobs()
        return all(jobs[killer].state == "dead" for killer in killers)

    await until(given_up, "the killers to be dead", timeout=80)
    await load
    await field.settle(timeout=60)
    keeper.cancel()
    jobs, effects = await field.jobs(), field.effects()
    # one of them may have gone down with the other, but not on its last chance
    assert all(jobs[killer].crashes == 3 and effects[killer] >= 1 for killer in killers)
    assert all("crash 3" in jobs[killer].last_error for killer in killers)
    assert max(jobs[one].crashes for one in neighbours) < 3


@pytest.mark.full
async def test_signalled_twice(field: Field) -> None:
    """A second SIGTERM while it drains changes nothing."""
    await field.enqueue(NOTE, Work(work_ms=1500), count=2 * field.slots)
    await field.running(2 * field.slots)
    for _ in range(2):
        field.stack.signal("worker", signal.SIGTERM)
    await field.do(field.stack.stop, "worker")
    await field.do(field.stack.start, "worker")
    figures = await field.settle(timeout=20)
    assert figures.duplicates == figures.crashes == 0
