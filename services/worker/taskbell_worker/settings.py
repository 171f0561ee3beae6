"""Settings of the worker."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from taskbell.settings import DatabaseSettings, MailSettings, RedisSettings


class WorkerSettings(DatabaseSettings, RedisSettings, MailSettings):
    """`WORKER_MAX_JOBS` jobs at once; `WORKER_DRAIN_SECONDS` for them to end at SIGTERM."""

    worker_max_jobs: Annotated[int, Field(ge=1, le=200)] = 16
    worker_drain_seconds: Annotated[float, Field(ge=0, le=600)] = 25.0
    worker_health_file: Path = Path("/tmp/taskbell-worker.alive")  # noqa: S108
    redis_away_seconds: Annotated[float, Field(ge=1, le=600)] = 5.0
