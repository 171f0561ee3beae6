"""The real worker with the kinds of these tests: `python -m tests.faults.worker`."""

import asyncio
import os
import signal
import sys
import time

from taskbell_worker.__main__ import main
from taskbell_worker.registry import handles
from taskbell_worker.run import Run
from tests.faults.kinds import DIE, EFFECTS_FILE, FLAKY, HANG, NOTE, RAISE, Nothing, Work


def record(run: Run) -> None:
    """Append one line, in one write: whole lines even when several processes do it."""
    line = f"{run.job.id} {run.job.attempts} {os.getpid()} {time.time():.3f}\n"
    descriptor = os.open(os.environ[EFFECTS_FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


@handles(NOTE)
async def note(run: Run, payload: Work) -> None:
    """As a mail does: work, say that the effect begins, have the effect, end."""
    await asyncio.sleep(payload.work_ms / 2000)
    async with run.database.transaction() as session:
        await run.start_effect(session)
    record(run)
    await asyncio.sleep(payload.work_ms / 2000)


@handles(FLAKY)
async def flaky(run: Run, payload: Work) -> None:
    if run.job.attempts == 1:
        raise ConnectionResetError("the other side is not ready yet")
    await note(run, payload)


@handles(RAISE)
async def fail(run: Run, _payload: Nothing) -> None:
    raise ValueError(f"attempt {run.job.attempts} can only fail")


@handles(DIE)
async def die(run: Run, _payload: Nothing) -> None:
    record(run)
    os.kill(os.getpid(), signal.SIGKILL)


@handles(HANG)
async def hang(run: Run, _payload: Nothing) -> None:
    record(run)
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
