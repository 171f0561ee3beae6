"""What `GET /metrics` shows: the text format that Prometheus reads.

Figures of the installation come from the database, and are kept a while, so that asking often costs
nothing; those of requests are this process's own, which is why they name it.
"""

import asyncio
import os
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

import structlog

from taskbell import operating
from taskbell.db import Database, is_unreachable
from taskbell.operating import Operating
from taskbell.schema import SCHEMA_REVISION
from taskbell_api.request_figures import RequestFigures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEPT_SECONDS = 5.0
SHARE = 20
"""Figures that took a second are kept for so many: they never take more than a part of a core."""

UNREACHABLE_SECONDS = 2.0

Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, float]]

log = structlog.get_logger(__name__)


@dataclass
class Metrics:
    """The figures of this process, and those of the installation as it knew them last."""

    requests: RequestFigures = field(default_factory=RequestFigures)
    _known: Operating | None = None
    _good_until: float = 0.0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def text(self, database: Database) -> str:
        """Return everything; without the installation's figures while Postgres is away."""
        known = await self._operating(database)
        return "".join([*_build(), *_installation(known), *_requests(self.requests)])

    async def _operating(self, database: Database) -> Operating | None:
        async with self._asking:  # who asks meanwhile gets the same
            began = time.monotonic()
            if began < self._good_until:
                return self._known
            try:
                async with database.connection() as connection:
                    self._known = await operating.collect(connection)
                took = time.monotonic() - began
                self._good_until = time.monotonic() + max(KEPT_SECONDS, SHARE * took)
            except Exception as error:
                if not is_unreachable(error):
                    raise
                log.warning("figures_unavailable", error=type(error).__name__)
                self._known = None
                self._good_until = time.monotonic() + UNREACHABLE_SECONDS
            return self._known


def _family(name: str, kind: str, words: str, samples: Samples, suffix: str = "") -> str:
    lines = [f"# HELP {name} {words}\n# TYPE {name} {kind}\n"] if words else []
    lines += [f"{name}{suffix}{_labels(labels)} {_number(value)}\n" for labels, value in samples]
    return "".join(lines)


def _labels(labels: Labels) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{shown}}}" if shown else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))


def _build() -> list[str]:
    labels = {
        "version": version("taskbell-api"),
        "schema": SCHEMA_REVISION,
        "python": platform.python_version(),
    }
    return [_family("taskbell_build_info", "gauge", "What is running.", [(labels, 1)])]


def _installation(known: Operating | None) -> list[str]:
    up = _family(
        "taskbell_database_up", "gauge", "Whether Postgres answered.", [({}, known is not None)]
    )
    if known is None:
        return [up]
    jobs = [({"kind": kind, "state": state}, n) for (kind, state), n in sorted(known.jobs.items())]
    deliveries = [
        ({"channel": channel, "state": state}, n)
        for (channel, state), n in sorted(known.deliveries.items())
    ]
    return [
        up,
        _family(
            "taskbell_oldest_due_job_seconds",
            "gauge",
            "How long the oldest due job has been waiting.",
            [({}, known.late.job)],
        ),
        _family(
            "taskbell_oldest_due_reminder_seconds",
            "gauge",
            "For how long a reminder that is due has not been delivered.",
            [({}, known.late.reminder)],
        ),
        _family(
            "taskbell_reminders_due",
            "gauge",
            "Reminders whose time has come and that are not fired yet.",
            [({}, known.reminders_due)],
        ),
        _family("taskbell_jobs", "gauge", "Jobs that are due, running or dead, by kind.", jobs),
        _family(
            "taskbell_deliveries_24h",
            "gauge",
            "Attempts to deliver a reminder that were planned in the last 24 hours.",
            deliveries,
        ),
    ]


def _requests(figures: RequestFigures) -> list[str]:
    process = {"process": str(os.getpid())}
    answers = [
        ({"method": method, "route": route, "status": str(status), **process}, count)
        for (method, route, status), count in sorted(figures.answers.items())
    ]
    name = "taskbell_http_request_duration_seconds"
    parts = [
        _family("taskbell_http_requests_total", "counter", "Requests answered.", answers),
        _family(name, "histogram", "Seconds until the answer began.", []),
    ]
    for (method, route), latencies in sorted(figures.latencies.items()):
        labels = {"method": method, "route": route, **process}
        buckets = [({**labels, "le": bound}, seen) for bound, seen in latencies.cumulative()]
        parts += [
            _family(name, "", "", buckets, "_bucket"),
            _family(name, "", "", [(labels, latencies.total)], "_sum"),
            _family(name, "", "", [(labels, buckets[-1][1])], "_count"),
        ]
    return parts
