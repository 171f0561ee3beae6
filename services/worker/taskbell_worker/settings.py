"""Settings of the worker."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from taskbell.jobs.limits import LEASE_SECONDS, TICKET_PATIENCE_SECONDS
from taskbell.mail.limits import POOL_SIZE, TIMEOUT_SECONDS
from taskbell.outbound.settings import OutboundSettings
from taskbell.push.settings import PushSettings
from taskbell.settings import DatabaseSettings, MailSettings, RedisSettings


class WorkerSettings(DatabaseSettings, RedisSettings, MailSettings, OutboundSettings, PushSettings):
    """`WORKER_MAX_JOBS` jobs at once, and more of those that wait for others' servers (lanes.py);
    `WORKER_DRAIN_SECONDS` for them to end at SIGTERM.

    `JOB_LEASE_SECONDS`: a job of a worker that died runs again after so long; the same for all
    workers. `JOB_TICKET_SECONDS`: so long is a ticket waited for before another one is handed out.
    `SMTP_TIMEOUT_SECONDS`: for each step of the dialogue, well below a lease. `SMTP_POOL_SIZE`:
    connections to the mail server at once.
    `REDIS_AWAY_SECONDS`: then jobs are claimed without tickets. `UNCONFIRMED_REMINDERS_PER_DAY`:
    mails to an address that may be somebody else's; 0 is none until it is confirmed.
    """

    worker_max_jobs: Annotated[int, Field(ge=1, le=200)] = 16
    worker_drain_seconds: Annotated[float, Field(ge=0, le=600)] = 25.0
    worker_health_file: Path = Path("/tmp/taskbell-worker.alive")  # noqa: S108
    job_lease_seconds: Annotated[float, Field(ge=1, le=3600)] = LEASE_SECONDS
    job_ticket_seconds: Annotated[float, Field(ge=1, le=3600)] = TICKET_PATIENCE_SECONDS
    smtp_timeout_seconds: Annotated[float, Field(ge=1, le=600)] = TIMEOUT_SECONDS
    smtp_pool_size: Annotated[int, Field(ge=1, le=50)] = POOL_SIZE
    unconfirmed_reminders_per_day: Annotated[int, Field(ge=0)] = 200
    redis_away_seconds: Annotated[float, Field(ge=1, le=600)] = 5.0
