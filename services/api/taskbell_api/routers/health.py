"""Is it alive, and can it serve?"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from redis.exceptions import RedisError
from sqlalchemy import text

from taskbell import lateness
from taskbell.db import is_unreachable
from taskbell.lateness import Lateness
from taskbell.schema import SchemaMismatchError, check_schema
from taskbell_api.access import public
from taskbell_api.deps import BASE, Services, ServicesDep

router = APIRouter(prefix=f"{BASE}/health", tags=["health"])

DATABASE_SECONDS = 1.5
REDIS_SECONDS = 1.0
T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""The event loop itself holds its tasks weakly."""


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class DatabaseHealth(BaseModel):
    """The database answers."""

    status: Literal["ok"] = "ok"
    latency_ms: Annotated[float, Field(examples=[0.8])]


class Checks(BaseModel):
    """What was looked at."""

    database: Literal["ok", "unreachable"]
    schema_: Annotated[Literal["ok", "mismatch", "unknown"], Field(serialization_alias="schema")]
    redis: Literal["ok", "unreachable"]
    oldest_due_job_seconds: float | None = Field(
        description="How long the oldest due job has been waiting; null when nobody could tell."
    )
    oldest_due_reminder_seconds: float | None = Field(
        description="For how long a reminder that is due has not been delivered, also because the "
        "mail server does not take it; 0 for none, null when nobody could tell."
    )


class Readiness(BaseModel):
    """`degraded`: reminders are or may be late, but everything else works.

    Because Redis is away, or because a due job or reminder has waited for more than 60 seconds.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "checks": {
                        "database": "ok",
                        "schema": "ok",
                        "redis": "ok",
                        "oldest_due_job_seconds": 0.0,
                        "oldest_due_reminder_seconds": 0.0,
                    },
                }
            ]
        }
    )

    status: Literal["ready", "degraded", "unavailable"]
    checks: Checks


@router.get("", summary="Is the process alive?")
@public
async def get_health() -> Alive:
    """Answer without asking anything else: for liveness probes."""
    return Alive()


@router.get(
    "/ready",
    summary="Can it serve?",
    responses={503: {"model": Readiness, "description": "It cannot serve."}},
)
@public
async def get_readiness(services: ServicesDep, response: Response) -> Readiness:
    """Look at the database, its schema, Redis, the job queue and what should have been delivered.

    503 only for what stops us serving. Without Redis reminders still go out, so that is 200; so is
    being late, of which no other process would be free.
    """
    (database, schema, late), redis = await asyncio.gather(_database(services), _redis(services))
    checks = Checks(
        database=database,
        schema_=schema,
        redis=redis,
        oldest_due_job_seconds=late and late.job,
        oldest_due_reminder_seconds=late and late.reminder,
    )
    if database != "ok" or schema != "ok":
        response.status_code = 503
        response.headers["Retry-After"] = "2"
        return Readiness(status="unavailable", checks=checks)
    is_well = redis == "ok" and not (late and late.is_late)
    return Readiness(status="ready" if is_well else "degraded", checks=checks)


@router.get("/db", summary="Does the database answer?")
@public
async def get_database_health(services: ServicesDep) -> DatabaseHealth:
    """Make one round trip to the database; 503 when it cannot be reached."""
    started = time.perf_counter()
    await _within(DATABASE_SECONDS, _round_trip(services))
    return DatabaseHealth(latency_ms=round((time.perf_counter() - started) * 1000, 2))


async def _database(
    services: Services,
) -> tuple[Literal["ok", "unreachable"], Literal["ok", "mismatch", "unknown"], Lateness | None]:
    try:
        late = await _within(DATABASE_SECONDS, _schema_and_lateness(services))
    except SchemaMismatchError:
        return "ok", "mismatch", None
    except Exception as error:
        if not is_unreachable(error):
            raise
        return "unreachable", "unknown", None
    return "ok", "ok", late


async def _schema_and_lateness(services: Services) -> Lateness:
    async with services.database.connection() as connection:
        await check_schema(connection)
        return await lateness.measure(connection)


async def _round_trip(services: Services) -> None:
    async with services.database.connection() as connection:
        await connection.execute(text("SELECT 1"))


async def _within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, or raise `TimeoutError` on time.

    `asyncio.timeout` would also wait until a frozen server's connection is closed: seconds more.
    """
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        raise TimeoutError
    return task.result()


async def _redis(services: Services) -> Literal["ok", "unreachable"]:
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await services.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unreachable"
    return "ok"
