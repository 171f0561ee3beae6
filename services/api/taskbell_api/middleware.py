"""Pure ASGI middleware: request ids and the request line, errors, and the limit of bodies."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.logs import REQUEST_ID
from taskbell_api import problems
from taskbell_api.request_figures import RequestFigures
from taskbell_api.throttling import answers

log = structlog.get_logger("taskbell_api.request")

_FEED = re.compile(r"^(?!/api/).*?feeds/|tbf_", re.IGNORECASE)
"""What comes before the secret of a calendar feed, also in an address that is not quite right."""


class RequestLine:
    """Gives each request its id, in logs, jobs and the answer, writes its one log line, counts it.

    Paths without query strings: they may carry one-time tokens.
    """

    def __init__(self, app: ASGIApp, figures: RequestFigures | None = None) -> None:
        self.app = app
        self.figures = figures or RequestFigures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = _header(scope, b"x-request-id").decode("latin-1")
        request_id = given if REQUEST_ID.fullmatch(given) else new_id().hex
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        started = time.perf_counter()
        state["seen_at"] = now()
        status, begun = 0, 0.0

        async def send_with_id(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], time.perf_counter()
                message["headers"] = [
                    *_with_general(message.get("headers", ()), request_id),
                    *answers.fields(scope),
                ]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            client = scope.get("client")
            if status:
                template = getattr(scope.get("route"), "path_format", None)
                self.figures.observe(scope["method"], template, status, begun - started)
            log.info(
                "request",
                method=scope["method"],
                path=_path(scope),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
                client=client[0] if client else None,
            )
            structlog.contextvars.clear_contextvars()


RawHeaders = Iterable[tuple[bytes, bytes]]
"""As in ASGI: names in lower case."""


def _header(scope: Scope, name: bytes) -> bytes:
    # a Headers object would be made three times a request for this
    for one, value in scope["headers"]:
        if one == name:
            found: bytes = value
            return found
    return b""


def _with_general(headers: RawHeaders, request_id: str) -> list[tuple[bytes, bytes]]:
    """Return an answer's headers with those that every answer has."""
    extended = [*headers, (b"x-request-id", request_id.encode())]
    names = {name for name, _ in extended}
    if b"cache-control" not in names:
        extended.append((b"cache-control", b"no-store"))
    if b"x-content-type-options" not in names:
        extended.append((b"x-content-type-options", b"nosniff"))
    return extended


def _path(scope: Scope) -> str:
    """Return the route's template, or the path where there is no route.

    Without the secret of a calendar feed, which is a part of its path.
    """
    template = getattr(scope.get("route"), "path_format", None)
    if template is not None:
        return str(template)
    path: str = scope["path"][:200]
    feed = _FEED.search(path)
    return path if feed is None else f"{path[: feed.end()]}…"


class Errors:
    """Answers any error that comes up; once the answer has begun, it can only be logged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun:
                log.exception("answer_broken_off")
                raise
            answer = problems.response(error, request_id=scope["state"]["request_id"])
            await answer(scope, receive, send)


class BodyLimit:
    """Refuses bodies over `most` bytes, announced or streamed.

    `others`: limits of single paths, and of all below one that ends in a slash.
    """

    def __init__(self, app: ASGIApp, most: int, *, others: Mapping[str, int]) -> None:
        self.app = app
        self.most = most
        self.others = tuple(others.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        most = self.most
        for other, limit in self.others:
            if path == other or (other.endswith("/") and path.startswith(other)):
                most = limit
        announced = _header(scope, b"content-length")
        if announced.isdigit() and int(announced[:20]) > most:
            raise problems.RequestTooLargeError
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                # FastAPI passes this class on, and calls every other error a malformed body
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)
