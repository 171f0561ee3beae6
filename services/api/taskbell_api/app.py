"""The application: middleware, error handlers and routers put together."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from taskbell_api import dev_mails, docs, openapi, problems
from taskbell_api.access import check_declared
from taskbell_api.deps import BASE, Services
from taskbell_api.idempotency import REPLAYED, check_routes
from taskbell_api.live.publishing import Publishing
from taskbell_api.middleware import BodyLimit, Errors, RequestLine
from taskbell_api.routers import (
    admin,
    auth,
    digest,
    events,
    feeds,
    filters,
    health,
    imports,
    labels,
    lists,
    metrics,
    notifications,
    push,
    recovery,
    reminder_links,
    reminders,
    sessions,
    task_actions,
    tasks,
    test_notification,
    tokens,
    users,
    webhooks,
)
from taskbell_api.settings import ApiSettings

MOST_BODY_BYTES = 1024 * 1024
MOST_PUBLIC_BODY_BYTES = 16 * 1024
OTHER_BODY_BYTES = {
    # anybody may send some, and each made-up field is an error to be told
    f"{BASE}/auth/": MOST_PUBLIC_BODY_BYTES,
    f"{BASE}/reminder-links/": MOST_PUBLIC_BODY_BYTES,
    f"{BASE}/digest/": MOST_PUBLIC_BODY_BYTES,
    f"{BASE}/imports": 10 * 1024 * 1024,
}
ROUTERS = (
    imports.export_router,  # else `export` would be the id of a task
    tasks.router,
    task_actions.router,
    users.router,
    lists.router,
    labels.router,
    filters.router,
    reminders.router,
    auth.router,
    recovery.router,
    sessions.router,
    tokens.router,
    events.router,
    notifications.router,
    test_notification.router,
    push.router,
    reminder_links.router,
    digest.router,
    webhooks.router,
    feeds.router,
    imports.router,
    admin.router,
    health.router,
    metrics.router,
)
"""The most asked first: paths are tried in order."""


def create_app(settings: ApiSettings) -> FastAPI:
    """Make the application; it connects to nothing before the first request."""
    services = Services.of(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # what is here now stays: no collection has to look through all of it again
        gc.collect()
        gc.freeze()
        yield
        await services.close()

    app = FastAPI(
        title="Taskbell",
        version=version("taskbell-api"),
        openapi_url="/api/openapi.json" if settings.docs_enabled else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_middleware(settings, services),
        exception_handlers={HTTPException: _problem, RequestValidationError: _problem},
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    routers = [
        *ROUTERS,
        *([docs.router()] if settings.docs_enabled else []),
        *([dev_mails.router(settings.public_url)] if settings.taskbell_env == "local" else []),
    ]
    for router in routers:
        app.include_router(router)
        # not `app.routes`: there FastAPI has one entry for each router, which hides its routes
        check_declared(router.routes)
        check_routes(router.routes)
    return app


def _middleware(settings: ApiSettings, services: Services) -> list[Middleware]:
    """From the outside in: errors are made inside CORS, so that browsers may read them."""
    return [
        Middleware(RequestLine, figures=services.metrics.requests),
        *([_cors(settings)] if settings.cors_origins else []),  # else no other origin may read
        Middleware(Errors),
        Middleware(Publishing, bell=services.bell),
        Middleware(BodyLimit, most=MOST_BODY_BYTES, others=OTHER_BODY_BYTES),
    ]


def _cors(settings: ApiSettings) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-Match",
            "Idempotency-Key",
            "X-Request-ID",
        ],
        expose_headers=[
            "ETag",
            REPLAYED,
            "Location",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "X-Request-ID",
        ],
    )


async def _problem(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        # the framework names the methods of the first route with this path only
        error.headers = {"Allow": ", ".join(_methods(request.url.path))}
    return problems.response(error, request_id=request.state.request_id)


def _methods(path: str) -> list[str]:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = {method for one in routes if one.path_regex.match(path) for method in one.methods or ()}
    return sorted(found) or ["GET"]


def _operation_id(route: APIRoute) -> str:
    return route.name
