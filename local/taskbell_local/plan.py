"""What one stack consists of: its services, ports, secrets and environment, all decided."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from taskbell_local import paths
from taskbell_local.ports import free_port
from taskbell_local.state import Secrets, State

SERVICES = ("postgres", "redis", "mail", "migrate", "api", "worker", "nginx")

# The documented variables of the services (deploy/.env.example) that pass through `make run`.
# What the stack decides itself is not among them: a DATABASE_URL in the caller's environment
# means some other database, and PORT is not for uvicorn.
PASSED_NAMES = frozenset(
    (
        *("AUTH_RATE", "CORS_ORIGINS", "DOCS_ENABLED", "FILES_URL", "JWT_PREVIOUS_SECRETS"),
        *("JWT_SECRET", "LOG_FORMAT", "LOG_LEVEL", "MAIL_FROM", "PUBLIC_URL", "SIGNUP_ENABLED"),
        *("SMTP_URL", "TRUSTED_PROXIES", "DATABASE_POOL_SIZE", "WORKER_MAX_JOBS"),
        *("WORKER_DRAIN_SECONDS", "JOB_LEASE_SECONDS", "JOB_TICKET_SECONDS"),
        *("REDIS_AWAY_SECONDS", "SMTP_TIMEOUT_SECONDS", "SMTP_POOL_SIZE", "WEB_CONCURRENCY"),
        *("OUTBOUND_ALLOW", "VAPID_SUBJECT"),
        "UNCONFIRMED_REMINDERS_PER_DAY",
    )
)
PASSED_PREFIXES = ("ASSISTANT_", "BETTER_AUTH_", "RATE_LIMIT_", "TASKBELL_")
# What programs in general need to find their way.
BASE_NAMES = frozenset(
    (
        *("HOME", "LOGNAME", "PATH", "TMPDIR", "USER", "PYTHONWARNINGS"),
        *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    )
)


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that is meant for the services."""
    return {
        name: value
        for name, value in environment.items()
        if name.removesuffix("_FILE") in PASSED_NAMES or name.startswith(PASSED_PREFIXES)
    }


def base_environment() -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if name in BASE_NAMES}
    return {"PATH": os.defpath, **base}


@dataclass(frozen=True)
class Plan:
    """Immutable: a part that is restarted comes back with the same address and settings."""

    state: State
    secrets: Secrets
    services: tuple[str, ...] = SERVICES
    workers: int = 1
    api_replicas: int = 1
    durable: bool = True
    worker_module: str = "taskbell_worker"
    overrides: Mapping[str, str] = field(default_factory=dict)
    env_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    detours: Mapping[str, int] = field(default_factory=dict)
    web_root: Path = paths.WEB_DIST
    gateway_port: int = field(default_factory=free_port)
    mail_port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    postgres_port: int = field(default_factory=free_port)
    redis_port: int = field(default_factory=free_port)
    api_ports: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.services) - set(SERVICES)
        if unknown:
            raise ValueError(f"Unknown services {sorted(unknown)}; there are {SERVICES}.")
        if self.workers < 1 or self.api_replicas < 1:
            raise ValueError("WORKERS and API_REPLICAS are at least 1.")
        ports = tuple(free_port() for _ in range(self.api_replicas))
        object.__setattr__(self, "api_ports", self.api_ports or ports)

    @property
    def gateway(self) -> str:
        return f"http://localhost:{self.gateway_port}"

    @property
    def mail(self) -> str:
        return f"http://localhost:{self.mail_port}"

    @property
    def smtp_url(self) -> str:
        return self.overrides.get("SMTP_URL", f"smtp://127.0.0.1:{self.smtp_port}")

    @property
    def redis_url(self) -> str:
        return self._redis_url(self.redis_port)

    def _redis_url(self, port: int) -> str:
        return f"redis://:{self.secrets.redis}@127.0.0.1:{port}/0"

    def database_url(self, role: str = "app", *, port: int | None = None) -> str:
        """For role `app` (rows), `owner` (schema) or `postgres` (superuser)."""
        user = role if role == "postgres" else f"taskbell_{role}"
        password = getattr(self.secrets, role)
        return f"postgresql://{user}:{password}@127.0.0.1:{port or self.postgres_port}/taskbell"

    def replicas(self, service: str) -> int:
        return {"api": self.api_replicas, "worker": self.workers}.get(service, 1)

    def label(self, service: str, index: int) -> str:
        return service if self.replicas(service) == 1 else f"{service}-{index + 1}"

    def environment(self, role: str, **extra: str) -> dict[str, str]:
        """The environment of one of our own programs, connected as this database role."""
        own = {
            "TASKBELL_ENV": "local",
            "DATABASE_URL": self.database_url(role),
            "LOG_FORMAT": "console",
            "PYTHONUNBUFFERED": "1",
        }
        if role == "app":
            own |= {
                "DATABASE_URL": self.database_url(role, port=self.detours.get("postgres")),
                "PUBLIC_URL": self.gateway,
                "REDIS_URL": self._redis_url(self.detours.get("redis", self.redis_port)),
                "SMTP_URL": self.smtp_url,
                "MAIL_FROM": "Taskbell <taskbell@localhost>",
                "JWT_SECRET": self.secrets.jwt,
                "FILES_URL": (self.state.folder / "files").as_uri(),
                "TRUSTED_PROXIES": "127.0.0.1",
            }
        # A NAME_FILE from outside replaces our NAME: with both set, neither would be right.
        from_files = {name.removesuffix("_FILE") for name in self.overrides}
        own = {name: value for name, value in own.items() if name not in from_files}
        return {**base_environment(), **own, **self.overrides, **extra}
