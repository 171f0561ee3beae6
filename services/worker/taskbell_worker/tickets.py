"""Taking tickets: an arq worker that is started again whenever Redis drops it.

arq's job does nothing but hand the ticket to the runner and ends at once: arq's own retries,
results, time-outs and cancellation never touch a running job.
"""

import asyncio
import contextlib
import json
from typing import Any
from uuid import UUID

import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError
from taskbell.jobs.doorbell import FUNCTION, QUEUE, connect

from taskbell_worker.runner import Runner

POLL_SECONDS = 0.02
"""Latency of an idle worker; a poll costs Redis one command."""

SOCKET_SECONDS = 5.0
SLOT_SECONDS = 60.0
"""A ticket waits this long for a free slot; then the relay hands out another one."""

MOST_PAUSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def _run_ticket(ctx: dict[Any, Any], job_id: str) -> None:
    await ctx["runner"].take(UUID(job_id))


def _worker(redis_url: str, runner: Runner) -> Worker:
    return Worker(
        functions=[func(_run_ticket, name=FUNCTION, max_tries=1, keep_result=0)],
        queue_name=QUEUE,
        redis_pool=connect(
            redis_url, socket_timeout=SOCKET_SECONDS, max_connections=runner.slots + 8
        ),
        handle_signals=False,
        max_jobs=runner.slots,
        job_timeout=SLOT_SECONDS,
        keep_result=0,
        max_tries=1,
        poll_delay=POLL_SECONDS,
        job_serializer=lambda value: json.dumps(value).encode(),
        job_deserializer=json.loads,
        log_results=False,
        ctx={"runner": runner},
    )


async def take_tickets(redis_url: str, runner: Runner) -> None:
    """Take tickets until cancelled, whatever happens to Redis."""
    pause = 0.1
    while True:
        worker = _worker(redis_url, runner)
        try:
            await worker.async_run()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis_lost", error=type(error).__name__, retry_in=pause)
        else:
            pause = 0.1
        finally:
            await _close(worker)
        await asyncio.sleep(pause)
        pause = min(pause * 2, MOST_PAUSE_SECONDS)


async def _close(worker: Worker) -> None:
    # those that wait for a slot are cancelled; what they held is handed out again
    for task in worker.tasks.values():
        task.cancel()
    await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        await worker.pool.aclose(close_connection_pool=True)
