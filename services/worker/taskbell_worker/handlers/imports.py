"""Moving tasks in from other programs."""

import asyncio
from threading import Lock

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.errors import ConflictError, InvalidError, NotFoundError
from taskbell.transfer import service as imports
from taskbell.transfer.jobs import IMPORT, ImportPayload
from taskbell.transfer.service import Ready, Work
from taskbell_worker.giving_up import NO_IMPORT
from taskbell_worker.registry import handles
from taskbell_worker.run import Failure, Run

_one_at_a_time = Lock()
"""While it is read, a file may take some hundred megabytes."""


@handles(IMPORT)
async def import_file(run: Run, payload: ImportPayload) -> None:
    """Import a file part by part, from where an attempt before this one ended."""

    async def failed(session: AsyncSession, failure: Failure) -> None:
        if failure.retry_at is None:
            await imports.fail(session, import_id=payload.import_id, error=NO_IMPORT)

    run.on_failure = failed
    async with run.database.transaction() as session:
        work = await imports.begin(session, import_id=payload.import_id)
    if work is None:
        return
    try:
        ready = await asyncio.to_thread(_read, work)
        while True:
            async with run.database.transaction() as session:
                if not await imports.import_part(session, import_id=payload.import_id, ready=ready):
                    return
    except (InvalidError, ConflictError, NotFoundError) as error:
        # of the file, or of where it should go: to try again would not help
        async with run.database.transaction() as session:
            await imports.fail(session, import_id=payload.import_id, error=error.detail)


def _read(work: Work) -> Ready:
    with _one_at_a_time:
        return imports.read(work)
