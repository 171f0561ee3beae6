"""Redis killed, frozen, slow, full, flushed, absent: limits hold, and signing in goes on."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from taskbell_local.ports import free_port
from taskbell_local.stack import Stack

from .throttled import AWAY, HOME, Api, opened

ALONE, TOGETHER = "rate_limits_local", "rate_limits_shared"


@pytest.fixture(scope="module")
def own_redis() -> Iterator[Stack]:
    """A Redis that may be killed and frozen."""
    with Stack(services=("redis",)) as stack:
        yield stack


@asynccontextmanager
async def commands(stack: Stack) -> AsyncIterator["Redis"]:
    redis = Redis.from_url(stack.redis_url, socket_timeout=2)
    try:
        yield redis
    finally:
        await redis.aclose()


async def wait_until_shared(api: Api, capsys: pytest.CaptureFixture[str]) -> str:
    """Ask until Redis counts again; return what was logged until then."""
    logged, deadline = "", time.monotonic() + 10
    while TOGETHER not in logged:
        assert time.monotonic() < deadline
        await api.post("/refresh")
        logged += capsys.readouterr().out
    return logged


async def test_killed_in_the_middle(own_redis: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    async with opened(own_redis.redis_url, rate_limit_login="3/hour") as api:
        assert await api.guess(2) == [401, 401]
        assert ALONE not in capsys.readouterr().out
        await asyncio.to_thread(own_redis.kill, "redis")
        try:
            assert await api.guess(3) == [401, 429, 429], "it goes on where Redis left off"
            assert await api.log_in("right", HOME) == 200
            assert capsys.readouterr().out.count(ALONE) == 1
        finally:
            await asyncio.to_thread(own_redis.start, "redis")
        assert (await wait_until_shared(api, capsys)).count(TOGETHER) == 1
        assert await api.log_in("right", HOME) == 200


async def test_frozen(own_redis: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    async with opened(own_redis.redis_url, rate_limit_login="3/hour") as api:
        assert await api.guess(2) == [401, 401]
        own_redis.freeze("redis")
        try:
            started = time.perf_counter()
            assert await api.guess(2) == [401, 429]
            assert await api.log_in("right", HOME) == 200
            assert time.perf_counter() - started < 1.0
        finally:
            own_redis.thaw("redis")
        await wait_until_shared(api, capsys)


async def test_only_one_request_in_a_while_waits_for_what_does_not_answer() -> None:
    tries = 0

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1  # a connection that did not answer is not used again
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent, opened(f"redis://127.0.0.1:{port}") as api:

        async def many() -> None:
            answers = await asyncio.gather(*(api.post("/refresh") for _ in range(15)))
            assert {answer.status_code for answer in answers} == {200}

        await many()
        at_first, deadline = tries, time.monotonic() + 10
        while tries == at_first:
            assert time.monotonic() < deadline
            await many()
        assert tries == at_first + 1


@pytest.mark.parametrize("trouble", ["slow", "full"])
async def test_slow_or_full(
    own_redis: Stack, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    async with opened(own_redis.redis_url, rate_limit_login="3/hour") as api:
        assert await api.guess(2) == [401, 401]
        async with commands(own_redis) as redis:
            if trouble == "slow":
                await redis.client_pause(700)
            else:
                await redis.config_set("maxmemory", 1)
            try:
                assert await api.guess(2) == [401, 429]
                assert await api.log_in("right", HOME) == 200
            finally:
                await redis.config_set("maxmemory", 0)
        assert ALONE in await wait_until_shared(api, capsys)


async def test_flushed(own_redis: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    async with opened(own_redis.redis_url, rate_limit_login="1/hour") as api:
        assert await api.guess(2) == [401, 429]
        async with commands(own_redis) as redis:
            await redis.flushall()
            await redis.script_flush()
        assert await api.guess(2) == [401, 429], "counting begins anew"
        assert ALONE not in capsys.readouterr().out


async def test_never_there(capsys: pytest.CaptureFixture[str]) -> None:
    async with opened(f"redis://127.0.0.1:{free_port()}", rate_limit_login="2/hour") as api:
        assert await api.log_in("right", HOME) == 200
        assert await api.guess(3) == [401, 401, 429]
        assert (await api.post("/signup")).headers["ratelimit"].startswith('"signup";r=199;')
        assert capsys.readouterr().out.count(ALONE) == 1


async def test_parallel_guesses_while_redis_dies(own_redis: Stack) -> None:
    async with opened(own_redis.redis_url, rate_limit_login="5/hour") as api:

        async def guess(number: int) -> int:
            if number == 25:
                await asyncio.to_thread(own_redis.kill, "redis")
            return await api.log_in("wrong", AWAY)

        try:
            answers = await asyncio.gather(*(guess(number) for number in range(50)))
        finally:
            await asyncio.to_thread(own_redis.start, "redis")
        assert set(answers) == {401, 429}
        assert api.checked <= 10, "at worst the limit of Redis and once more here"


async def test_a_familiar_address_stays_so_for_a_process_that_saw_it(own_redis: Stack) -> None:
    limits: dict[str, Any] = {"rate_limit_login_account": "3/hour"}
    async with opened(own_redis.redis_url, **limits) as api:
        assert await api.log_in("right", HOME) == 200
        await api.guess(3)
        await asyncio.to_thread(own_redis.kill, "redis")
        try:
            assert await api.guess(5, HOME) == [401] * 5
            assert await api.guess(3, "192.0.2.9") == [401, 401, 429]
        finally:
            await asyncio.to_thread(own_redis.start, "redis")


async def test_round_trips(own_redis: Stack) -> None:
    """A sign-in asks Redis three times, a failure twice, anything else once."""
    async with opened(own_redis.redis_url) as api, commands(own_redis) as redis:

        async def asked() -> int:
            stats = await redis.info("commandstats")
            names = {name for name in stats if "|" not in name} - {"cmdstat_info"}
            outer = {"cmdstat_eval", "cmdstat_evalsha", "cmdstat_script"} & names
            return sum(int(stats[name]["calls"]) for name in outer)

        await api.log_in("right")  # connects
        before = await asked()
        await api.log_in("right")
        assert await asked() - before == 3
        await api.log_in("wrong")
        assert await asked() - before == 5
        await api.post("/signup")
        assert await asked() - before == 6
