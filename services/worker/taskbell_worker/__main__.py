"""`python -m taskbell_worker [run|health|run-one JOB_ID]`.

`run-one` is what a worker starts for a job on its last chance; see last_chances.py.
"""

import argparse
import asyncio
import sys
from uuid import UUID

from taskbell.settings import load
from taskbell_worker.health import is_healthy
from taskbell_worker.settings import WorkerSettings


def main() -> int:
    """Run the worker, or tell whether the one beside us is alive; return the exit code."""
    parser = argparse.ArgumentParser(prog="taskbell_worker", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["run", "health", "run-one"], default="run")
    parser.add_argument("job", nargs="?", type=UUID, metavar="JOB_ID", help="of run-one")
    asked = parser.parse_args()
    if (asked.command == "run-one") != (asked.job is not None):
        parser.error("run-one takes the id of a job, the others take none")
    settings = load(WorkerSettings)
    if asked.command == "health":
        return 0 if is_healthy(settings) else 1
    return _run(settings, asked.job)


def _run(settings: WorkerSettings, job_id: UUID | None) -> int:
    # not at the top: a look at its health need not know all that it does
    import structlog
    import uvloop

    from taskbell.logs import configure
    from taskbell.schema import SchemaMismatchError
    from taskbell_worker.main import Worker, run_last_chance

    configure("worker", level=settings.log_level, form=settings.log_format)
    log = structlog.get_logger(__name__)

    async def run() -> None:
        if job_id is not None:
            await run_last_chance(settings, job_id)
        else:
            await Worker(settings).serve()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except SchemaMismatchError as error:
        log.error("schema_mismatch", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
