"""Whether the worker beside us is alive; a module of its own, for it is asked every few seconds."""

import time

from taskbell_worker.settings import WorkerSettings

HEALTH_STALE_SECONDS = 15.0


def is_healthy(settings: WorkerSettings) -> bool:
    """Tell whether a worker touched its health file lately."""
    try:
        age = time.time() - settings.worker_health_file.stat().st_mtime
    except OSError:
        return False
    return age < HEALTH_STALE_SECONDS
