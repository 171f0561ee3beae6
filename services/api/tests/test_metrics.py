"""What `GET /metrics` shows, read as Prometheus reads it."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from core.tests.make import a_reminder, a_task, a_user, make_due, some_id
from taskbell.clock import now
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.reminders.models import Delivery
from taskbell_api.app import create_app
from taskbell_api.metrics import Metrics
from taskbell_api.request_figures import BUCKETS, Latencies, RequestFigures
from taskbell_api.settings import ApiSettings

from .conftest import ORIGIN, Person

SAMPLE = re.compile(
    r'([a-z_0-9]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})? (-?\d+(?:\.\d+)?(?:e-?\d+)?)'
)
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\.)*)"')
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(shown: str) -> Samples:
    """Return the samples of a text, each of which must be well formed, named once and explained."""
    found: Samples = {}
    explained: dict[str, str] = {}
    for line in shown.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in explained
            explained[name] = kind
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            name, labels, value = sample[1], LABEL.findall(sample[2] or ""), sample[3]
            assert name in explained or re.sub("_(bucket|sum|count)$", "", name) in explained, line
            key = (name, frozenset((one, other) for one, other in labels if one != "process"))
            assert key not in found, line
            found[key] = float(value)
    assert shown.endswith("\n")
    return found


def of(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


async def asked(app: FastAPI) -> Samples:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


@pytest.fixture
async def fresh(settings: ApiSettings, empty_database: Database) -> FastAPI:
    """An application that has answered nothing yet, over a database with nothing in it."""
    return create_app(settings)


async def test_figures_of_the_installation(fresh: FastAPI, empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        reminder = await a_reminder(session, await a_task(session, await a_user(session)))
        await make_due(session, reminder, late=90)
        for state in ("sent", "sent", "failed"):
            session.add(
                Delivery(
                    reminder_id=reminder.id, job_id=some_id(), attempt=1, channel="email",
                    state=state, fire_at=now(), planned_at=now(),
                )
            )  # fmt: skip
        for state, later in (("ready", -90), ("ready", 90), ("dead", 0), ("dead", 0)):
            session.add(
                Job(
                    kind="tests.x", payload={}, state=state,
                    run_at=now() + timedelta(seconds=later),
                    finished_at=now() if state == "dead" else None,
                )
            )  # fmt: skip
    samples = await asked(fresh)
    assert of(samples, "taskbell_database_up") == 1
    assert of(samples, "taskbell_reminders_due") == 1
    assert 90 <= (of(samples, "taskbell_oldest_due_reminder_seconds") or 0) < 120
    assert 90 <= (of(samples, "taskbell_oldest_due_job_seconds") or 0) < 120
    assert of(samples, "taskbell_jobs", kind="tests.x", state="due") == 1
    assert of(samples, "taskbell_jobs", kind="tests.x", state="dead") == 2
    assert of(samples, "taskbell_jobs", kind="tests.x", state="running") is None
    assert of(samples, "taskbell_deliveries_24h", channel="email", state="sent") == 2
    assert of(samples, "taskbell_deliveries_24h", channel="email", state="failed") == 1
    assert any(name == "taskbell_build_info" for name, _ in samples)
    await fresh.state.services.close()


async def test_asking_often_costs_nothing(fresh: FastAPI) -> None:
    statements: list[str] = []
    engine = fresh.state.services.database.engine.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def executed(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    await asyncio.gather(*(asked(fresh) for _ in range(20)))
    assert len(statements) == 6
    await fresh.state.services.close()


async def test_without_the_database(settings: ApiSettings) -> None:
    changed = settings.model_dump() | {"database_url": "postgres://x@127.0.0.1:1/x"}
    app = create_app(ApiSettings(**changed))
    samples = await asked(app)
    assert of(samples, "taskbell_database_up") == 0
    assert of(samples, "taskbell_reminders_due") is None
    again = await asked(app)
    name = "taskbell_http_requests_total"
    assert of(again, name, method="GET", route="/metrics", status="200") == 1
    await app.state.services.close()


async def test_requests_are_counted_by_route(
    fresh: FastAPI, ada: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fresh), base_url=ORIGIN) as client:
        for _ in range(3):
            path = f"/api/v1/tasks/{new_id()}"
            assert (await client.get(path, headers=ada.headers)).status_code == 404
        for path in ("/", "/s3cr3t", "/feeds/s3cr3t"):
            assert (await client.request("BREW", path)).status_code in {404, 405}
    samples = await asked(fresh)
    total, seconds = "taskbell_http_requests_total", "taskbell_http_request_duration_seconds"
    route = {"method": "GET", "route": "/api/v1/tasks/{task_id}"}
    assert of(samples, total, status="404", **route) == 3
    assert of(samples, f"{seconds}_count", **route) == 3
    assert of(samples, f"{seconds}_bucket", le="+Inf", **route) == 3
    assert 0 < (of(samples, f"{seconds}_sum", **route) or 0) < 60
    assert of(samples, f"{seconds}_count", method="other", route="none") == 3
    assert "s3cr3t" not in repr(samples)
    assert "BREW" not in repr(samples)
    await fresh.state.services.close()


def test_buckets_are_cumulative_and_bounds_belong_to_them() -> None:
    latencies = Latencies()
    for seconds in (0.0, 0.005, 0.006, 10.0, 10.1):
        latencies.observe(seconds)
    shown = dict(latencies.cumulative())
    assert list(shown) == [*map(str, BUCKETS), "+Inf"]
    assert (shown["0.005"], shown["0.01"], shown["10.0"], shown["+Inf"]) == (2, 3, 4, 5)
    assert latencies.total == pytest.approx(20.111)


async def test_names_that_need_escaping(database: Database) -> None:
    metrics = Metrics(RequestFigures())
    metrics.requests.observe("GET", 'a"b\\c\nd', 200, 0.1)
    samples = read(await metrics.text(database))
    route = 'a\\"b\\\\c\\nd'
    assert of(samples, "taskbell_http_requests_total", method="GET", route=route, status="200") == 1
