"""The bell over Redis: gathered, heard, and silent for a while without it."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from taskbell.events import bell
from taskbell.events.bell import Bell
from taskbell.ids import new_id


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    made = Redis.from_url(redis_url)
    yield made
    await made.aclose()


async def test_many_changes_are_few_messages(redis: Any) -> None:
    rung = Bell(redis)
    users = [new_id() for _ in range(3)]
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(bell.CHANNEL)
        for _ in range(10):
            for user in users:
                rung.ring([user])
        await rung.close()
        heard: list[tuple[str, list[UUID]]] = []
        deadline = time.monotonic() + 5
        while not heard and time.monotonic() < deadline:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1)
            heard += [bell.read(message["data"])] if message else []
    assert [(sender, sorted(ids)) for sender, ids in heard] == [(rung.name, sorted(users))]


async def test_without_redis_only_this_process_hears() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{free.getsockname()[1]}"
    redis = Redis.from_url(address)
    rung, heard = Bell(redis), list[UUID]()
    rung.on_ring(heard.extend)
    user = new_id()
    rung.ring([user])
    await rung.close()
    began = time.monotonic()
    for _ in range(100):
        rung.ring([user])
    await rung.close()
    assert time.monotonic() - began < 0.2, "it does not try again at once"
    assert heard == [user] * 101
    await redis.aclose()


async def test_a_frozen_redis_delays_nobody() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        redis = Redis.from_url(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        rung = Bell(redis)
        began = time.monotonic()
        rung.ring([new_id()])
        assert time.monotonic() - began < 0.05
        async with asyncio.timeout(5):
            await rung.close()
        await redis.aclose()


@pytest.mark.parametrize("message", [b"", b"x nonsense", b"\xff\xfe", b"x " + b"1" * 31])
def test_nonsense_is_nobody(message: bytes) -> None:
    assert bell.read(message)[1] == []
