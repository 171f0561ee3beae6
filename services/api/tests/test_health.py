"""Liveness and readiness."""

import httpx

from taskbell_local.stack import Stack

from .conftest import MakeApi


async def test_alive_and_ready(api: httpx.AsyncClient) -> None:
    assert (await api.get("/health")).json() == {"status": "ok"}
    database = (await api.get("/health/db")).json()
    assert database["status"] == "ok"
    assert database["latency_ms"] > 0
    answer = await api.get("/health/ready")
    assert answer.status_code == 200
    checks = answer.json()["checks"]
    assert checks.pop("oldest_due_job_seconds") >= 0
    assert answer.json()["status"] == "ready"
    assert checks == {"database": "ok", "schema": "ok", "redis": "ok"}


async def test_another_schema_is_not_ready(make_api: MakeApi, servers: Stack) -> None:
    admin_only = servers.admin_url.rpartition("/")[0] + "/postgres"  # never migrated
    answer = await make_api(database_url=admin_only).get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["schema"] == "mismatch"


async def test_degraded_without_redis(make_api: MakeApi) -> None:
    answer = await make_api(redis_url="redis://127.0.0.1:1").get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["redis"] == "unreachable"
