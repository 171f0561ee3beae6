"""Plain arq: the limit our engine is compared with. `python -m bench.plain_arq REDIS_URL SLOTS`.

With `--burst` it runs what is queued, prints the seconds from the first job's start to the last
one's end (its entries in Redis are gone by then), and exits. Serializer, polling and slots are
those of our worker; results are not kept.
"""

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

import uvloop
from arq.worker import Worker, func

from taskbell.jobs.doorbell import connect

QUEUE = "bench:plain"
STARTED = "bench:started"
"""A list in Redis: when handlers began that were told to tell, ours and these."""


async def noop(ctx: dict[str, Any], tell: bool) -> None:
    """Do nothing, or tell when it began."""
    began = time.time()
    if tell:
        await ctx["redis"].rpush(STARTED, str(began))


async def _starts(ctx: dict[str, Any]) -> None:
    ctx["clock"].setdefault("first", time.monotonic())


async def _ended(ctx: dict[str, Any]) -> None:
    ctx["clock"]["last"] = time.monotonic()


async def run(redis_url: str, slots: int, *, burst: bool) -> None:
    """Run an arq worker with its own settings as near to ours as they go."""
    clock: dict[str, float] = {}
    worker = Worker(
        functions=[func(noop, name="noop", max_tries=1, keep_result=0)],
        queue_name=QUEUE,
        redis_pool=connect(redis_url, socket_timeout=5, max_connections=slots + 8),
        max_jobs=slots,
        burst=burst,
        keep_result=0,
        max_tries=1,
        poll_delay=0.02,
        log_results=False,
        job_serializer=lambda value: json.dumps(value).encode(),
        job_deserializer=json.loads,
        on_job_start=_starts,
        after_job_end=_ended,
        ctx={"clock": clock},
    )
    print("ready", flush=True)
    await worker.async_run()
    if burst:
        print(clock["last"] - clock["first"], flush=True)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):  # arq cancels itself at SIGTERM
        uvloop.run(run(sys.argv[1], int(sys.argv[2]), burst="--burst" in sys.argv))
