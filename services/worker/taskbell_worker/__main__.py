"""`python -m taskbell_worker [run|health]`."""

import argparse
import asyncio
import sys

from taskbell.settings import load
from taskbell_worker.health import is_healthy
from taskbell_worker.settings import WorkerSettings


def main() -> int:
    """Run the worker, or tell whether the one beside us is alive; return the exit code."""
    parser = argparse.ArgumentParser(prog="taskbell_worker", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["run", "health"], default="run")
    command = parser.parse_args().command
    settings = load(WorkerSettings)
    if command == "health":
        return 0 if is_healthy(settings) else 1
    return _run(settings)


def _run(settings: WorkerSettings) -> int:
    # not at the top: a look at its health need not know all that it does
    import structlog
    import uvloop

    from taskbell.logs import configure
    from taskbell.schema import SchemaMismatchError
    from taskbell_worker.main import Worker

    configure("worker", level=settings.log_level, form=settings.log_format)
    log = structlog.get_logger(__name__)

    async def run() -> None:
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
