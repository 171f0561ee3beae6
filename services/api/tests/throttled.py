"""A small application with limits, for their tests: what answers, and to whom."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import Depends, FastAPI, Form, Request
from redis.asyncio import Redis
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskbell.accounts.errors import WrongCredentialsError
from taskbell.errors import TaskbellError, UnavailableError
from taskbell.ids import new_id
from taskbell.jobs import doorbell
from taskbell_api import problems
from taskbell_api.settings import ApiSettings
from taskbell_api.throttling.answers import fields
from taskbell_api.throttling.operations import (
    API_TOKEN,
    EMAIL_CHANGE,
    EXPORT,
    FORGOT_PASSWORD,
    LINK,
    REFRESH,
    REMINDER_LINK,
    RESET_MAIL,
    SIGN_UP,
    TEST_NOTIFICATION,
    UNSUBSCRIBE,
    VERIFY_RESEND,
    Operation,
)
from taskbell_api.throttling.throttle import Throttle, limited

BY_ADDRESS = {
    "signup": SIGN_UP,
    "link": LINK,
    "reminder-link": REMINDER_LINK,
    "unsubscribe": UNSUBSCRIBE,
    "refresh": REFRESH,
}
BY_USER = {
    "verify-resend": VERIFY_RESEND,
    "email-change": EMAIL_CHANGE,
    "api-token": API_TOKEN,
    "export": EXPORT,
    "test-notification": TEST_NOTIFICATION,
}
ADA = "ada@example.com"
HOME, AWAY = "203.0.113.1", "198.51.100.1"
"""Where Ada lives, and where she never was."""

PAUSE_SECONDS = 0.2
POLICY = re.compile(r'"[a-z0-9-]+";q=\d+;w=\d+(, "[a-z0-9-]+";q=\d+;w=\d+)*')
STATE = re.compile(r'"[a-z0-9-]+";r=\d+;t=\d+(, "[a-z0-9-]+";r=\d+;t=\d+)*')


class Headers:
    """Adds the headers of limits to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *fields(scope)]
            await send(message)

        await self.app(scope, receive, send_more)


async def log_in(
    request: Request, account: Annotated[str, Form()], password: Annotated[str, Form()]
) -> dict[str, str]:
    """Sign in with the password `right`; two others are troubles of ours."""
    throttle: Throttle = request.app.state.services.throttle
    async with throttle.attempt(request, account=account) as attempt:
        request.app.state.checked += 1
        if password == "our database is away":
            raise UnavailableError
        if password == "our bug":
            raise RuntimeError(password)
        if password != "right":
            raise WrongCredentialsError
        attempt.succeeded()
    return {"account": account}


def counted(operation: Operation) -> Callable[[Request, UUID], Awaitable[None]]:
    async def use(request: Request, user_id: UUID) -> None:
        await request.app.state.services.throttle.check(request, operation, user_id)

    return use


async def forgot(request: Request, account: str) -> None:
    throttle = request.app.state.services.throttle
    await throttle.check(request, FORGOT_PASSWORD)
    await throttle.check(request, RESET_MAIL, account)


async def nothing() -> None:
    pass


async def sign_up(request: Request, account: str) -> None:
    await request.app.state.services.throttle.remember(request, account=account)


async def _problem(_request: Request, error: Exception) -> Response:
    return problems.response(error, request_id=None)


def make_app(settings: ApiSettings, redis: "Redis") -> FastAPI:
    app = FastAPI(exception_handlers={TaskbellError: _problem})
    app.add_middleware(Headers)
    app.state.services = SimpleNamespace(
        throttle=Throttle(settings, redis, pause_seconds=PAUSE_SECONDS)
    )
    app.state.checked = 0  # passwords
    app.add_api_route("/login", log_in, methods=["POST"])
    app.add_api_route("/signed-up", sign_up, methods=["POST"])
    app.add_api_route("/forgot-password", forgot, methods=["POST"])
    for name, operation in BY_ADDRESS.items():
        app.add_api_route(
            f"/{name}", nothing, methods=["POST"], dependencies=[Depends(limited(operation))]
        )
    for name, operation in BY_USER.items():
        app.add_api_route(f"/{name}", counted(operation), methods=["POST"])
    return app


class Api:
    """The application as one address sees it, or another."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    @property
    def checked(self) -> int:
        """How many passwords were looked at."""
        checked: int = self.app.state.checked
        return checked

    async def post(self, path: str, address: str = HOME, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(address, 123), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            return await http.post(path, **options)

    async def log_in(self, password: str, address: str = HOME, account: str = ADA) -> int:
        return (await self.login(password, address, account)).status_code

    async def login(self, password: str, address: str = HOME, account: str = ADA) -> httpx.Response:
        return await self.post("/login", address, data={"account": account, "password": password})

    async def guess(
        self, times: int, address: str = AWAY, account: str = ADA, **password: str
    ) -> list[int]:
        """Try a wrong password several times, one after the other; return the statuses."""
        form = {"account": account, "password": "wrong"} | password
        answers = [await self.post("/login", address, data=form) for _ in range(times)]
        return [answer.status_code for answer in answers]


def assert_refused(answer: httpx.Response) -> int:
    """Return the seconds to wait."""
    assert answer.status_code == 429, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "rate_limited"
    seconds = int(answer.headers["retry-after"])
    assert seconds >= 1
    assert STATE.fullmatch(answer.headers["ratelimit"])
    assert POLICY.fullmatch(answer.headers["ratelimit-policy"])
    assert f";r=0;t={seconds}" in answer.headers["ratelimit"]
    return seconds


@asynccontextmanager
async def opened(redis_url: str, **changes: Any) -> AsyncIterator[Api]:
    """Open the application with other limits; a secret of its own hides what others counted."""
    values = {
        "taskbell_env": "local",
        "database_url": "postgres://nobody@localhost/nothing",
        "redis_url": redis_url,
        "jwt_secret": new_id().hex * 2,
    }
    settings = ApiSettings(**(values | changes))
    redis = doorbell.connect(redis_url, socket_timeout=10.0)
    try:
        yield Api(make_app(settings, redis))
    finally:
        await redis.aclose(close_connection_pool=True)
