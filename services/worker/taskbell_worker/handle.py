"""What a claimed job comes to: its payload is read, its handler runs, its attempt ends."""

import asyncio

import structlog
from pydantic import ValidationError

from taskbell.db import is_unreachable
from taskbell.jobs.errors import DeadError, LeaseLostError, RetryError
from taskbell.logs import without_rows
from taskbell.mail.errors import PermanentMailError
from taskbell_worker.registry import Registered
from taskbell_worker.run import Run

log = structlog.get_logger(__name__)


async def handle(run: Run, known: Registered | None) -> None:
    """Run the handler of a claimed job, and end the attempt as it ended."""
    job = run.job
    if known is None:
        return await run.fail(f"unknown kind {job.kind}", permanent=True)
    if job.payload_version != known.kind.version:
        return await run.fail(
            f"payload version {job.payload_version}, this worker knows {known.kind.version}",
            permanent=True,
        )
    try:
        payload = known.kind.payload.model_validate(job.payload)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        return await run.fail(f"payload does not fit: {problems}", permanent=True)
    try:
        async with asyncio.timeout(known.kind.timeout_seconds):
            await known.handler(run, payload)
            if run.outcome is None:
                await run.finish()
    except LeaseLostError:
        raise
    except (DeadError, PermanentMailError) as error:
        await run.fail(str(error), permanent=True)
    except RetryError as error:
        await run.fail(str(error))
    except TimeoutError:
        # whether an effect that began has happened, nobody knows: `fail` counts it
        await run.fail(f"did not end within {known.kind.timeout_seconds:g} s")
    except Exception as error:
        if is_unreachable(error):
            log.warning("job_failed", error=type(error).__name__)
        else:
            log.exception("job_failed")
        await run.fail(without_rows(f"{type(error).__name__}: {error}"))
    return None
