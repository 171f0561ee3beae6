"""Taking tickets: an arq worker that is started again whenever Redis drops it.

arq's job does nothing but hand the ticket to the runner and ends at once: arq's own retries,
results, time-outs and cancellation never touch a running job.
"""

import asyncio
import contextlib
import json
import time
from typing import Any
from uuid import UUID

import structlog
from arq.worker import Retry, Worker, func
from redis.exceptions import RedisError

from taskbell.jobs.doorbell import FUNCTION, QUEUE, connect
from taskbell_worker.loops import insist_on_cancelling
from taskbell_worker.runner import Runner

POLL_SECONDS = 0.02
"""Latency of an idle worker; a poll costs Redis one command."""

SOCKET_SECONDS = 5.0
TAKE_SECONDS = 10.0
"""To claim a ticket's job; after that the relay hands out another ticket."""

HELD_SECONDS = 3.0
"""So long does a ticket wait when the worker that took it died before its claim."""

MOST_AT_ONCE = 32
"""Tickets whose jobs are being claimed."""

LEAVE_TO_OTHERS = 10
"""A worker with a full lane, which takes some tickets in vain, looks for them so much less."""

MOST_OFFERS = 3
"""So often goes a ticket back into the queue because its lane is full where it was taken; then the
relays see to it, which know which lanes have room."""

MOST_TRIES = 1000
"""A ticket may be taken again and again: what counts as an attempt is in Postgres."""

LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.1, 2.0

log = structlog.get_logger(__name__)


async def _run_ticket(ctx: dict[Any, Any], job_id: str) -> None:
    if not await ctx["runner"].take(UUID(job_id)) and ctx["job_try"] <= MOST_OFFERS:
        raise Retry


class _TicketWorker(Worker):
    """arq's worker, which takes tickets only when there is a free slot.

    A ticket that waited here for a slot would be lost with this process, and others like it would
    fill the head of the queue, of which arq reads no more than a part.
    """

    def __init__(self, runner: Runner, **options: Any) -> None:
        self._runner = runner
        self._polls = 0
        super().__init__(**options)
        # arq's own is its time-out and 10 s more; that two workers claim one job does no harm
        self.in_progress_timeout_s = HELD_SECONDS

    async def _poll_iteration(self) -> None:
        insist_on_cancelling()
        self._polls += 1
        if self._runner.is_partly_full and self._polls % LEAVE_TO_OTHERS:
            return
        await super()._poll_iteration()

    @property
    def max_jobs(self) -> int:
        return min(self._runner.room, MOST_AT_ONCE)

    @max_jobs.setter
    def max_jobs(self, _most: int) -> None:
        """arq sets it once, at the start."""


def _worker(redis_url: str, runner: Runner) -> Worker:
    return _TicketWorker(
        runner,
        functions=[func(_run_ticket, name=FUNCTION, max_tries=MOST_TRIES, keep_result=0)],
        queue_name=QUEUE,
        redis_pool=connect(
            redis_url, socket_timeout=SOCKET_SECONDS, max_connections=MOST_AT_ONCE + 8
        ),
        handle_signals=False,
        max_jobs=MOST_AT_ONCE,
        job_timeout=TAKE_SECONDS,
        keep_result=0,
        max_tries=MOST_TRIES,
        poll_delay=POLL_SECONDS,
        job_serializer=lambda value: json.dumps(value).encode(),
        job_deserializer=json.loads,
        log_results=False,
        ctx={"runner": runner},
    )


async def take_tickets(redis_url: str, runner: Runner) -> None:
    """Take tickets until cancelled, whatever happens to Redis."""
    pause = LEAST_PAUSE_SECONDS
    while True:
        worker = _worker(redis_url, runner)
        began = time.monotonic()
        try:
            await worker.async_run()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("redis_lost", error=type(error).__name__, retry_in=pause)
        except Exception:
            # something that is no ticket of ours; jobs are in Postgres, tickets may be lost
            log.exception("queue_unreadable")
            await _forget(worker)
        finally:
            await _close(worker)
        insist_on_cancelling()
        if time.monotonic() - began > MOST_PAUSE_SECONDS * 5:
            pause = LEAST_PAUSE_SECONDS  # it went well for a while
        await asyncio.sleep(pause)
        pause = min(pause * 2, MOST_PAUSE_SECONDS)


async def _forget(worker: Worker) -> None:
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        await worker.pool.delete(QUEUE)


async def _close(worker: Worker) -> None:
    # what is being claimed is cancelled; its tickets are handed out again
    for task in worker.tasks.values():
        task.cancel()
    await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        await worker.pool.aclose(close_connection_pool=True)
