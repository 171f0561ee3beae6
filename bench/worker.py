"""The real worker with one more kind of job, which does nothing: `python -m bench.worker`."""

import sys

from taskbell.jobs.kinds import Kind, Payload
from taskbell_worker.__main__ import main
from taskbell_worker.registry import handles
from taskbell_worker.run import Run


class Nothing(Payload):
    """No fields."""


NOOP = Kind("bench.noop", Nothing)


@handles(NOOP)
async def noop(_run: Run, _payload: Nothing) -> None:
    """Do nothing; the engine marks it done."""


if __name__ == "__main__":
    sys.exit(main())
