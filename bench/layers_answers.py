"""What bench.layers measures of HTTP: query strings, answers, and the whole application."""

import itertools
from collections.abc import Sequence
from contextlib import AsyncExitStack
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant, request_params_to_args
from pydantic import TypeAdapter
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Scope

from bench.layers_ways import Way, awaited, plain
from bench.limits import hello
from taskbell.clock import now
from taskbell.settings import load
from taskbell.tasks.rows import TaskRow
from taskbell.tasks.schemas import TaskOut
from taskbell.times import Instant
from taskbell_api.app import create_app
from taskbell_api.pages import PageOut
from taskbell_api.routers.tasks import TaskQuery
from taskbell_api.settings import ApiSettings

FILTERED = "status=pending&due_before=2030-01-31T00%3A00%3A00Z&per_page=20&cursor=" + "a" * 110


def query_strings() -> dict[str, Way]:
    """Read the query string of a list of tasks, an empty one and one with four parameters."""
    fields = _one_by_one().query_params

    def ours(text: str) -> TaskQuery:
        return TaskQuery.model_validate(dict(QueryParams(text)))

    def theirs(text: str) -> dict[str, Any]:
        values, errors = request_params_to_args(fields, QueryParams(text))
        assert not errors
        return values

    for text in ("", FILTERED):
        assert ours(text).model_dump() == theirs(text)
    return {
        "query": plain(lambda: ours(FILTERED)),
        "query: fastapi": plain(lambda: theirs(FILTERED)),
        "no query": plain(lambda: ours("")),
        "no query: fastapi": plain(lambda: theirs("")),
    }


def _one_by_one() -> Dependant:
    """Return what FastAPI makes of an endpoint that declares the fields of TaskQuery itself."""

    def endpoint(**_: object) -> None: ...

    parameters = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=Annotated[field.annotation, *field.metadata, Query()],
        )
        for name, field in TaskQuery.model_fields.items()
    ]
    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return get_dependant(path="/", call=endpoint)


class FormattedOut(TaskOut):
    """A task whose instants Python checks and writes."""

    completed_at: Instant | None
    due_at: Instant | None
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None


def answers(rows: Sequence[TaskRow]) -> dict[str, Way]:
    """Make JSON of rows: of one, and of all of them as a page."""
    query = TaskQuery()
    each = itertools.cycle(rows)
    ones: dict[type[TaskOut], TypeAdapter[TaskOut]] = {
        model: TypeAdapter(model) for model in (TaskOut, FormattedOut)
    }
    pages: dict[type[TaskOut], Any] = {
        TaskOut: PageOut[TaskOut],
        FormattedOut: PageOut[FormattedOut],
    }
    adapters = {model: TypeAdapter[Any](page) for model, page in pages.items()}

    def one(model: type[TaskOut], row: TaskRow) -> bytes:
        return ones[model].dump_json(model.of(row))

    def page(model: type[TaskOut]) -> bytes:
        moment = now()
        items = [model.of(row, at=moment) for row in rows]
        made = pages[model].of(items, query, total=1000, next_cursor="a" * 110)
        return adapters[model].dump_json(made)

    assert page(TaskOut) == page(FormattedOut)
    return {
        "answer": plain(lambda: one(TaskOut, next(each))),
        "answer: python": plain(lambda: one(FormattedOut, next(each))),
        "page": plain(lambda: page(TaskOut)),
        "page: python": plain(lambda: page(FormattedOut)),
    }


def applications(opened: AsyncExitStack) -> dict[str, Way]:
    """Call applications as a server would: ours, one that says hello, and that in our middleware.

    `opened` closes what this opens.
    """
    whole = create_app(load(ApiSettings))
    opened.push_async_callback(whole.state.services.close)
    wrapped = FastAPI(middleware=whole.user_middleware)
    wrapped.get("/hello")(hello.hello)
    return {
        "app": _call(whole, "/api/v1/health"),
        "hello": _call(hello.app, "/hello"),
        "hello: wrapped": _call(wrapped, "/hello"),
    }


def _call(app: ASGIApp, path: str) -> Way:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        assert message.get("status", 200) == 200

    async def call(_: int) -> None:
        await app(_scope(path), receive, send)

    return awaited(call, at_once=1)


def _scope(path: str) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"accept", b"*/*"), (b"user-agent", b"bench")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
