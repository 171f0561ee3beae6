"""Plain arq: the limit our engine is compared with. `python -m bench.plain_arq REDIS_URL SLOTS`.

Runs what is queued, prints `SECONDS` from the first start to the last end, and exits. Serializer,
polling and slots are those of our worker; results are not kept.
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


async def noop(ctx: dict[str, Any]) -> None:
    """Do nothing but look at the clock."""
    moment = time.time()
    clock = ctx["clock"]
    clock.setdefault("first", moment)
    clock["last"] = moment
    if not ctx["burst"]:
        await ctx["redis"].rpush("bench:started", str(moment))


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
        ctx={"clock": clock, "burst": burst},
    )
    print("ready", flush=True)
    await worker.async_run()
    print(clock["last"] - clock["first"], flush=True)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):  # arq cancels itself at SIGTERM
        uvloop.run(run(sys.argv[1], int(sys.argv[2]), burst="--burst" in sys.argv))
