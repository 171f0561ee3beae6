"""`python -m taskbell_api`: serve the API."""

import asyncio
import resource
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from taskbell import logs
from taskbell.db import Database, is_unreachable
from taskbell.schema import SchemaMismatchError, check_schema
from taskbell.settings import load
from taskbell_api.app import create_app
from taskbell_api.draining import GRACE_SECONDS, DrainingProtocol
from taskbell_api.settings import ApiSettings

OPEN_FILES = 10_000
KEEP_ALIVE_SECONDS = 5
"""The gateway closes its idle connections a second earlier."""

HEALTH_CHECK_SECONDS = 30
"""A process that is still importing does not answer: with uvicorn's 5 s a busy machine would kill
each new one for ever."""

log = structlog.get_logger(__name__)


def make_app() -> FastAPI:
    """Make the application in a server process."""
    settings = load(ApiSettings)
    logs.configure("api", level=settings.log_level, form=settings.log_format)
    return create_app(settings)


async def check_database(settings: ApiSettings) -> None:
    """Raise `SchemaMismatchError`; a database out of reach is only logged, it may come."""
    url = settings.database_url.get_secret_value()
    database = Database(url, application_name="taskbell-api-start", pool_size=1)
    try:
        async with database.connection() as connection:
            await check_schema(connection)
    except SchemaMismatchError:
        raise
    except Exception as error:
        if not is_unreachable(error):
            raise
        log.warning("database_unreachable_at_start", error=type(error).__name__)
    finally:
        await database.close()


def server_options(settings: ApiSettings) -> dict[str, Any]:
    """Return uvicorn's options."""
    return {
        "host": settings.api_host,
        "port": settings.api_port,
        "workers": settings.web_concurrency,
        "loop": "uvloop",
        "http": DrainingProtocol,
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,  # middleware.RequestLine writes the line
        "server_header": False,
        "date_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "timeout_worker_healthcheck": HEALTH_CHECK_SECONDS,
    }


class Processes(Multiprocess):
    """Several processes on one socket, which refuses connections as soon as they are to end.

    uvicorn's own parent keeps it open until they have ended: the system goes on taking connections
    that nobody answers, and the gateway takes each for a request broken off (502).
    """

    def terminate_all(self) -> None:
        """Close the parent's end of the socket; each process closes its own."""
        for socket in self.sockets:
            socket.close()
        super().terminate_all()


def allow_open_files() -> None:
    """Raise the soft limit of open files as far as allowed, up to `OPEN_FILES`.

    Many systems start programs with 1,024, and each live stream is one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    """Check settings and schema once, then serve in one process or several."""
    settings = load(ApiSettings)
    allow_open_files()
    logs.configure("api", level=settings.log_level, form=settings.log_format)
    try:
        asyncio.run(check_database(settings))
    except SchemaMismatchError as error:
        raise SystemExit(f"taskbell cannot start: {error}") from None
    log.info("starting", address=f"{settings.api_host}:{settings.api_port}")
    app, options = "taskbell_api.__main__:make_app", server_options(settings)
    if settings.web_concurrency == 1:
        uvicorn.run(app, factory=True, **options)
    else:
        config = uvicorn.Config(app, factory=True, **options)
        Processes(config, sockets=[config.bind_socket()]).run()


if __name__ == "__main__":
    main()
