"""Taking tickets: arq under supervision, over a real Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from arq.connections import ArqRedis

from taskbell.jobs.doorbell import Doorbell, connect
from taskbell_local.stack import Stack
from taskbell_worker.runner import Runner
from taskbell_worker.tickets import take_tickets

from .conftest import Add, Find, MakeRunner
from .kinds import Stage
from .proxy import Proxy, proxy_to
from .waiting import until


@pytest_asyncio.fixture
async def runner(redis: ArqRedis, redis_url: str, make_runner: MakeRunner) -> AsyncIterator[Runner]:
    """A runner that takes tickets."""
    made = make_runner(slots=2)
    taking = asyncio.create_task(take_tickets(redis_url, made))
    yield made
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)


async def until_idle(runner: Runner) -> None:
    """A job is done in the table a moment before its slot is free."""

    async def is_idle() -> bool:
        return runner.running == 0

    await until(is_idle)


async def state_of(find: Find, job_id: object, state: str) -> None:
    async def has_state() -> bool:
        return bool((await find(job_id)).state == state)  # type: ignore[arg-type]

    await until(has_state)


async def test_a_ring_runs_a_job(runner: Runner, redis: ArqRedis, add: Add, find: Find) -> None:
    job_id = await add()
    await Doorbell(redis).ring([job_id])
    await state_of(find, job_id, "done")
    assert runner.slots["main"] == 2


async def test_more_tickets_than_slots(
    runner: Runner, redis: ArqRedis, add: Add, find: Find, stage: Stage
) -> None:
    jobs = [await add("wait") for _ in range(6)]
    await Doorbell(redis).ring(jobs)

    async def is_full() -> bool:
        return runner.running == 2

    await until(is_full)
    stage.gate.set()
    for job_id in jobs:
        await state_of(find, job_id, "done")
    assert stage.most_at_once == 2


async def test_a_full_worker_leaves_tickets_to_another(
    redis: ArqRedis, redis_url: str, make_runner: MakeRunner, add: Add, find: Find, stage: Stage
) -> None:
    full, free = make_runner(slots=1), make_runner(slots=4)
    await full.take(await add("wait"))
    taking = [asyncio.create_task(take_tickets(redis_url, runner)) for runner in (full, free)]
    jobs = [await add() for _ in range(10)]
    await Doorbell(redis).ring(jobs)
    for job_id in jobs:  # no relay hands them out again here
        await state_of(find, job_id, "done")
    assert stage.at_once == 1
    for task in taking:
        task.cancel()
    await asyncio.gather(*taking, return_exceptions=True)


async def test_nonsense_in_the_queue_harms_nothing(
    runner: Runner, redis: ArqRedis, add: Add, find: Find
) -> None:
    await redis.enqueue_job("run_ticket", "no id", _queue_name="taskbell:tickets")
    await redis.enqueue_job("another_function", _queue_name="taskbell:tickets")
    job_id = await add()
    await Doorbell(redis).ring([job_id])
    await state_of(find, job_id, "done")
    await until_idle(runner)


async def test_a_lost_connection_is_made_again(
    redis: ArqRedis, redis_url: str, make_runner: MakeRunner, add: Add, find: Find
) -> None:
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    async with proxy_to(port) as proxy:
        url = redis_url.replace(f":{port}/", f":{proxy.port}/")
        taking = asyncio.create_task(take_tickets(url, make_runner()))
        await run_one(redis, add, find)
        await break_for_a_while(proxy)
        await run_one(redis, add, find)
        assert not taking.done()
        taking.cancel()  # redis-py may swallow it while it mends its connections
        done, _ = await asyncio.wait([taking], timeout=10)
        assert taking in done


async def run_one(redis: ArqRedis, add: Add, find: Find) -> None:
    job_id = await add()
    await Doorbell(redis).ring([job_id])
    await state_of(find, job_id, "done")


async def break_for_a_while(proxy: Proxy) -> None:
    for _ in range(3):
        proxy.cut()
        await asyncio.sleep(0.1)
        proxy.mend()


async def test_a_restarted_redis_is_used_again(
    servers: Stack, runner: Runner, redis_url: str, add: Add, find: Find
) -> None:
    await asyncio.to_thread(servers.restart, "redis")
    client = connect(redis_url, socket_timeout=2)
    await run_one(client, add, find)
    await client.aclose(close_connection_pool=True)
    await until_idle(runner)
