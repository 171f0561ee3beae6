"""What one writes first: commit, then `enqueue_job`; arq's own settings; no table of jobs.

As a program it is the worker. The tests put it through the same faults to see that they can fail.
"""

import asyncio
import os
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from arq import Worker, create_pool, func
from arq.connections import ArqRedis, RedisSettings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from taskbell.ids import new_id
from tests.faults.kinds import EFFECTS_FILE

CREATE = text("CREATE TABLE IF NOT EXISTS naive_note (id uuid PRIMARY KEY)")


alive: set[asyncio.Task[None]] = set()


async def note(_ctx: dict[Any, Any], note_id: str, work_ms: int) -> None:
    """Work, then append a line: the same effect as the real worker's."""
    await asyncio.sleep(work_ms / 1000)
    with Path(os.environ[EFFECTS_FILE]).open("a") as file:  # noqa: ASYNC230
        file.write(f"{note_id} 1 {os.getpid()} 0\n")


async def stay_alive(_ctx: dict[Any, Any]) -> None:
    """Touch the file by which the stack sees that it runs: arq has no such thing."""

    async def touch() -> None:
        while True:
            Path(os.environ["WORKER_HEALTH_FILE"]).touch()  # noqa: ASYNC240
            await asyncio.sleep(2)

    alive.add(asyncio.create_task(touch()))


class Producer:
    """Commits a row and then enqueues a job for it."""

    def __init__(self, engine: AsyncEngine, redis: ArqRedis) -> None:
        self.engine = engine
        self.redis = redis
        self.committed: set[UUID] = set()

    async def add(self, *, work_ms: int = 10) -> None:
        note_id = new_id()
        async with self.engine.begin() as connection:
            await connection.execute(text("INSERT INTO naive_note VALUES (:id)"), {"id": note_id})
        self.committed.add(note_id)
        # whoever is killed here, or finds Redis away, leaves a row without a job
        await self.redis.enqueue_job("note", str(note_id), work_ms)


async def connect(url: str) -> ArqRedis:
    return await create_pool(RedisSettings.from_dsn(url))


def main() -> None:
    settings = RedisSettings.from_dsn(os.environ["REDIS_URL"])
    job, start = cast(Any, note), cast(Any, stay_alive)  # their types want more than arq uses
    Worker([func(job, name="note")], redis_settings=settings, on_startup=start).run()


if __name__ == "__main__":
    main()
