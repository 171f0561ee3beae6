"""The limit: bare FastAPI, PyJWT, an asyncpg pool and response models, and nothing else.

One statement in autocommit a request, no middleware, no logs, no error format, no validation
beyond Pydantic's own. Reads are answered as by Taskbell, byte for byte; bench/verify.py
compares them. Routes are in the same order: tasks before accounts.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response

from bench.limits import sql
from bench.limits.models import PageOut, TaskCreate, TaskOut, TaskPatch, UserOut
from bench.limits.tuning import Connection, settle
from taskbell.ids import new_id

PREFIX = "/api/v1"
PRIORITIES = {"low": 1, "medium": 2, "high": 3, "urgent": 4}
SECRET, ISSUER = os.environ["JWT_SECRET"], os.environ["PUBLIC_URL"]
REQUIRED = ["sub", "sid", "iss", "aud", "iat", "nbf", "exp", "jti", "typ", "role"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool."""
    size = int(os.environ["DATABASE_POOL_SIZE"])
    app.state.pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=size,
        max_size=size,
        connection_class=Connection,
        server_settings={"application_name": "bench-limit", "jit": "off"},
    )
    settle()
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)


async def caller(request: Request) -> UUID:
    """Return who calls, as their access token says."""
    try:
        claims = jwt.decode(
            request.headers["authorization"].removeprefix("Bearer "),
            SECRET,
            algorithms=["HS256"],
            audience="taskbell-api",
            issuer=ISSUER,
            leeway=timedelta(seconds=10),
            options={"require": REQUIRED},
        )
        if claims["typ"] != "access":
            raise HTTPException(401)
        return UUID(claims["sub"])
    except (jwt.PyJWTError, KeyError):
        raise HTTPException(401) from None


Caller = Annotated[UUID, Depends(caller)]


def _task(response: Response, row: Any) -> TaskOut:
    if row is None:
        raise HTTPException(404)
    response.headers["ETag"] = f'"{row["version"]}"'
    return TaskOut(**row)


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Tell that the pool is open."""
    return {"status": "ok"}


@app.get(f"{PREFIX}/tasks")
async def list_tasks(
    request: Request,
    user: Caller,
    page: Annotated[int, Query(ge=1)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    status: Literal["all", "pending", "completed"] = "all",
    due_before: datetime | None = None,
) -> PageOut:
    """Return a page of one's tasks, the newest first."""
    due = [] if due_before is None else [due_before]
    pool: Any = request.app.state.pool
    if cursor is not None:
        query = sql.list_by_cursor(status, bool(due))
        rows = await pool.fetch(query, user, *due, *_position(cursor), per_page + 1)
        total = None
    else:
        query = sql.list_by_number(status, bool(due))
        rows = await pool.fetch(query, user, *due, per_page + 1, (page - 1) * per_page)
        total = rows[0]["total"] if rows else 0
    more = len(rows) > per_page
    return PageOut(
        items=[TaskOut(**row) for row in rows[:per_page]],
        total=total,
        page=page if cursor is None else None,
        per_page=per_page,
        pages=None if total is None else -(-total // per_page),
        next_cursor=_mark(rows[per_page - 1]) if more else None,
    )


def _position(cursor: str) -> tuple[datetime, UUID]:
    _, at, task = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return datetime.fromisoformat(at), UUID(task)


def _mark(row: Any) -> str:
    text = f'["-created_at","{row["created_at"].isoformat()}","{row["id"]}"]'
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@app.post(f"{PREFIX}/tasks", status_code=201)
async def create_task(
    request: Request, response: Response, user: Caller, body: TaskCreate
) -> TaskOut:
    """Add a task to the inbox."""
    row = await request.app.state.pool.fetchrow(
        sql.CREATE, new_id(), user, body.title, body.description, PRIORITIES[body.priority],
        body.due_date, body.due_at, body.time_zone, body.start_date,
    )  # fmt: skip
    task = _task(response, row)
    response.headers["Location"] = f"{PREFIX}/tasks/{task.id}"
    return task


@app.get(f"{PREFIX}/tasks/{{task_id}}")
async def get_task(request: Request, response: Response, user: Caller, task_id: UUID) -> TaskOut:
    """Return a task."""
    return _task(response, await request.app.state.pool.fetchrow(sql.GET, task_id, user))


@app.patch(f"{PREFIX}/tasks/{{task_id}}")
async def update_task(
    request: Request, response: Response, user: Caller, task_id: UUID, body: TaskPatch
) -> TaskOut:
    """Change title and priority."""
    priority = None if body.priority is None else PRIORITIES[body.priority]
    row = await request.app.state.pool.fetchrow(sql.UPDATE, task_id, user, body.title, priority)
    return _task(response, row)


@app.patch(f"{PREFIX}/tasks/{{task_id}}/complete")
async def complete_task(
    request: Request, response: Response, user: Caller, task_id: UUID
) -> TaskOut:
    """Complete a task, or take that back."""
    return _task(response, await request.app.state.pool.fetchrow(sql.COMPLETE, task_id, user))


@app.get(f"{PREFIX}/users/me")
async def get_me(request: Request, user: Caller) -> UserOut:
    """Return one's own account."""
    row = await request.app.state.pool.fetchrow(sql.ME, user)
    if row is None:
        raise HTTPException(401)
    return UserOut(**row)
