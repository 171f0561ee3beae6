"""The doorbell: tells workers over Redis (arq) that a job is due.

It may be lost, doubled or late without harm: the job is in Postgres, and the relay rings again.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from arq.connections import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms
from redis.asyncio import BlockingConnectionPool, ConnectionPool
from redis.exceptions import RedisError

from taskbell.jobs.lifecycle import Ticket

QUEUE = "taskbell:tickets"
FUNCTION = "run_ticket"
RING_SECONDS = 0.25
"""At most this long does a request wait for Redis after its commit."""

TICKET_TTL_MS = 3_600_000
"""A ticket nobody took is forgotten after an hour; the relay has handed out others by then."""

FIRST_SCORE = 100_000
"""arq takes low scores first, and none in the future by the worker's clock. These are no times, so
clocks need not agree; entries of one score are in the order of their ids, which is that of time."""

PAUSE_SECONDS = 1.0
"""After a failed ring none is tried for this long: a frozen Redis must not slow each request."""

log = structlog.get_logger(__name__)


def _to_json(value: dict[str, Any]) -> bytes:
    # arq's default is pickle, which runs code when read
    return json.dumps(value).encode()


def connect(url: str, *, socket_timeout: float, max_connections: int = 20) -> ArqRedis:
    """Return arq's client with time-outs, keepalive and JSON instead of pickle."""
    pool: ConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=socket_timeout,
        socket_timeout=socket_timeout,
        socket_connect_timeout=socket_timeout,
        socket_keepalive=True,
        health_check_interval=0,
    )
    return ArqRedis(
        pool_or_conn=pool,
        job_serializer=_to_json,
        job_deserializer=json.loads,
        default_queue_name=QUEUE,
    )


async def send(redis: ArqRedis, tickets: Sequence[Ticket]) -> None:
    """Queue tickets in one round trip; one that is queued already is not doubled.

    What `ArqRedis.enqueue_job` does in three round trips for each. Raises `RedisError`.
    """
    moment = timestamp_ms()
    async with redis.pipeline(transaction=False) as pipe:
        for ticket in tickets:
            name = f"{ticket.job_id}:{ticket.attempts}"
            job = serialize_job(
                FUNCTION, (str(ticket.job_id),), {}, None, moment, serializer=_to_json
            )
            pipe.set(f"{job_key_prefix}{name}", job, px=TICKET_TTL_MS, nx=True)
            pipe.zadd(QUEUE, {name: FIRST_SCORE - ticket.priority}, nx=True)
        await pipe.execute()


class Doorbell:
    """Rings for new jobs after a commit; best effort, never raises."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._silent_until = 0.0

    async def ring(self, job_ids: list[UUID]) -> None:
        """Queue the first ticket of each of `job_ids`, within `RING_SECONDS` in all."""
        if time.monotonic() < self._silent_until:
            return
        try:
            async with asyncio.timeout(RING_SECONDS):
                await send(self._redis, [Ticket(job_id, 0) for job_id in job_ids])
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("doorbell_lost", jobs=len(job_ids), error=type(error).__name__)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose(close_connection_pool=True)
