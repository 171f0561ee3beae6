"""The real worker with one more kind of job, which does nothing: `python -m bench.worker`."""

import os
import sys
import time
from functools import cache

from arq.connections import ArqRedis

from bench.plain_arq import STARTED
from taskbell.jobs.doorbell import connect
from taskbell.jobs.kinds import Kind, Payload
from taskbell_worker.__main__ import main
from taskbell_worker.registry import handles
from taskbell_worker.run import Run


class Nothing(Payload):
    """What to do beside nothing. `tell`: when the handler began."""

    tell: bool = False


NOOP = Kind("bench.noop", Nothing)


@cache
def _redis() -> ArqRedis:
    return connect(os.environ["REDIS_URL"], socket_timeout=5)


@handles(NOOP)
async def noop(_run: Run, payload: Nothing) -> None:
    """Do nothing, or tell when it began; the engine marks it done."""
    began = time.time()
    if payload.tell:
        await _redis().rpush(STARTED, str(began))  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main())
