"""`python -m taskbell_worker [run|health|last-chances]`.

`last-chances` is what a worker starts for jobs on their last chance; see last_chances.py.
"""

import argparse
import asyncio
import sys

from taskbell.settings import load
from taskbell_worker.health import is_healthy
from taskbell_worker.settings import WorkerSettings

GARBAGE_AFTER = 20_000
"""So many objects are made between two looks for garbage. By default it is 700, and in a burst a
tenth of the time is spent looking."""


def main() -> int:
    """Run the worker, or tell whether the one beside us is alive; return the exit code."""
    parser = argparse.ArgumentParser(prog="taskbell_worker", description=__doc__)
    commands = ["run", "health", "last-chances"]
    parser.add_argument("command", nargs="?", choices=commands, default="run")
    command = parser.parse_args().command
    settings = load(WorkerSettings)
    if command == "health":
        return 0 if is_healthy(settings) else 1
    return _run(settings, is_child=command == "last-chances")


def _run(settings: WorkerSettings, *, is_child: bool) -> int:
    # not at the top: a look at its health need not know all that it does
    import gc

    import structlog
    import uvloop

    from taskbell.logs import configure
    from taskbell.schema import SchemaMismatchError
    from taskbell_worker.main import Worker, serve_last_chances

    configure("worker", level=settings.log_level, form=settings.log_format)
    log = structlog.get_logger(__name__)

    async def run() -> None:
        await (serve_last_chances(settings) if is_child else Worker(settings).serve())

    # what was imported stays: it need not be looked through for garbage again and again
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except SchemaMismatchError as error:
        log.error("schema_mismatch", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
