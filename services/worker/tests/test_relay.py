"""The relay: every due job gets a ticket, whatever Redis forgets; without Redis none is needed."""

import asyncio
import socket
from uuid import UUID

import pytest
from arq.connections import ArqRedis
from sqlalchemy import text

from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.doorbell import QUEUE, Doorbell, connect, send
from taskbell.jobs.lifecycle import Ticket
from taskbell_worker.relay import LONG_LINE, MOST_QUEUED, Relay
from taskbell_worker.runner import Runner

from .conftest import Add, Find, MakeRunner
from .proxy import proxy_to
from .waiting import until


def relay_of(database: Database, redis: ArqRedis, runner: Runner) -> Relay:
    return Relay(database, redis, runner, away_seconds=0, patience=60)


async def queued(redis: ArqRedis) -> set[str]:
    return {name.decode() for name in await redis.zrange(QUEUE, 0, -1)}


async def age(database: Database) -> None:
    """Let the doorbell's second pass for every job."""
    async with database.connection() as connection:
        await connection.execute(text("UPDATE job SET ticket_at = now() - interval '1 s'"))


@pytest.fixture
def relay(empty_database: Database, redis: ArqRedis, make_runner: MakeRunner) -> Relay:
    made = relay_of(empty_database, redis, make_runner())
    made.wake()
    return made


async def round_of(relay: Relay) -> float:
    """One round that does not sleep at its end."""
    relay.wake()
    return await relay.round()


async def test_every_due_job_gets_one_ticket(
    relay: Relay, add: Add, empty_database: Database, redis: ArqRedis
) -> None:
    jobs = [await add() for _ in range(3)]
    await age(empty_database)
    for _ in range(2):
        assert await round_of(relay) == 0
        assert await queued(redis) == {f"{job_id}:0" for job_id in jobs}


async def test_two_relays_double_nothing(
    relay: Relay, add: Add, empty_database: Database, redis: ArqRedis, make_runner: MakeRunner
) -> None:
    other = relay_of(empty_database, redis, make_runner())
    for _ in range(50):
        await add()
    await age(empty_database)
    await asyncio.gather(round_of(relay), round_of(other))
    assert len(await queued(redis)) == 50


async def test_the_queue_stays_short(
    relay: Relay, add: Add, empty_database: Database, redis: ArqRedis
) -> None:
    """arq reads only its head."""
    for _ in range(5):
        await add()
    await age(empty_database)
    await redis.zadd(QUEUE, {f"other {number}": number for number in range(MOST_QUEUED - 3)})
    assert await round_of(relay) > 0, "there is more to come"
    assert await redis.zcard(QUEUE) == MOST_QUEUED
    assert await round_of(relay) > 0
    assert await redis.zcard(QUEUE) == MOST_QUEUED


async def test_a_flushed_redis_gets_its_tickets_again(
    relay: Relay, add: Add, empty_database: Database, redis: ArqRedis
) -> None:
    await round_of(relay)
    job_id = await add()
    await age(empty_database)
    await round_of(relay)
    await redis.flushall()
    await round_of(relay)
    assert await queued(redis) == {f"{job_id}:0"}


async def test_without_redis_jobs_run_all_the_same(
    add: Add, find: Find, empty_database: Database, redis_url: str, make_runner: MakeRunner
) -> None:
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    async with proxy_to(port) as proxy:
        url = redis_url.replace(f":{port}/", f":{proxy.port}/")
        client = connect(url, socket_timeout=0.5)
        relay = relay_of(empty_database, client, make_runner())
        await round_of(relay)
        job_id = await add()
        proxy.cut()

        async def is_done() -> bool:
            await round_of(relay)
            return bool((await find(job_id)).state == "done")

        await until(is_done)
        proxy.mend()
        second = await add()
        await age(empty_database)

        async def has_ticket() -> bool:
            await round_of(relay)
            return f"{second}:0" in await queued(client) or (await find(second)).state == "done"

        await until(has_ticket)
        await client.aclose(close_connection_pool=True)


async def test_no_postgres_is_not_no_redis(redis: ArqRedis, make_runner: MakeRunner) -> None:
    away = Database("postgresql://u:p@127.0.0.1:1/d", application_name="x")
    relay = relay_of(away, redis, make_runner())
    with pytest.raises(OSError, match="Connect"):
        await round_of(relay)
    await away.close()


# --- the doorbell -------------------------------------------------------------


async def test_the_doorbell_queues_a_ticket_once(redis: ArqRedis) -> None:
    job = UUID(int=1)
    doorbell = Doorbell(redis)
    for _ in range(2):
        await doorbell.ring([job])
    await send(redis, [Ticket(job, 0), Ticket(job, 1)])
    assert await queued(redis) == {f"{job}:0", f"{job}:1"}


async def test_a_silent_redis_delays_nobody() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        doorbell = Doorbell(connect(url, socket_timeout=5))
        began = loop.time()
        for _ in range(20):
            await doorbell.ring([UUID(int=1)])
        assert loop.time() - began < 2, "only the first ring waits, a quarter of a second"
        await doorbell.close()


async def test_a_backlog_is_worked_off_without_tickets(
    add: Add, empty_database: Database, redis: ArqRedis, make_runner: MakeRunner, find: Find
) -> None:
    runner = make_runner()
    relay = relay_of(empty_database, redis, runner)
    jobs = [await add() for _ in range(30)]
    await age(empty_database)
    await redis.zadd(QUEUE, {f"other {number}": number for number in range(MOST_QUEUED)})
    await round_of(relay)

    async def all_done() -> bool:
        return {(await find(job_id)).state for job_id in jobs} == {"done"}

    await until(all_done)
    assert await redis.zcard(QUEUE) == MOST_QUEUED, "nobody asked for a ticket"


async def test_a_long_line_gets_no_tickets_and_is_worked_off(
    add: Add, empty_database: Database, redis: ArqRedis, make_runner: MakeRunner, find: Find
) -> None:
    """They would be stale when taken; those of other lanes are handed out all the same."""
    runner = make_runner()
    relay = relay_of(empty_database, redis, runner)
    jobs = [await add() for _ in range(LONG_LINE)]
    other = await add()
    async with empty_database.connection() as connection:
        await connection.execute(text("UPDATE job SET lane = 'web' WHERE id = :id"), {"id": other})
    await age(empty_database)
    assert await round_of(relay) > 0, "there is more to come"
    assert await queued(redis) == set()
    await round_of(relay)
    assert await queued(redis) == {f"{other}:0"}

    async def all_done() -> bool:
        await round_of(relay)
        return {(await find(job_id)).state for job_id in jobs} == {"done"}

    await until(all_done)


async def test_a_backlog_that_was_none_does_not_stop_the_relay(
    add: Add, empty_database: Database, redis: ArqRedis, make_runner: MakeRunner, find: Find
) -> None:
    """All slots are busy with claiming for stale tickets in the moment in which it is faced."""
    runner = make_runner()
    relay = relay_of(empty_database, redis, runner)
    takes = [asyncio.create_task(runner.take(new_id())) for _ in range(runner.slots["main"])]
    for _ in range(3):
        await asyncio.sleep(0)
    runner.face_backlog(["main"])
    await asyncio.gather(*takes)
    jobs = [await add() for _ in range(5)]
    await age(empty_database)

    async def seen_to() -> bool:
        await round_of(relay)
        states = {(await find(job_id)).state for job_id in jobs}
        return states == {"done"} or await redis.zcard(QUEUE) >= len(jobs)

    await until(seen_to, within=5)
