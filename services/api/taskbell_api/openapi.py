"""The OpenAPI document: problem+json on every operation that can answer it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from taskbell.accounts.callers import SCOPES
from taskbell.accounts.errors import (
    ExpiredTokenError,
    InsufficientScopeError,
    InvalidTokenError,
    NotPermittedError,
    SessionRequiredError,
)
from taskbell.accounts.identities import EmailNotVerifiedError, IdentityIncompleteError
from taskbell.errors import TaskbellError, UnauthorizedError
from taskbell_api import problems
from taskbell_api.deps import BASE
from taskbell_api.examples import EXAMPLES
from taskbell_api.idempotency import ERRORS as IDEMPOTENCY_ERRORS
from taskbell_api.idempotency import HEADER as IDEMPOTENCY_KEY
from taskbell_api.jwks import SignInServiceUnavailableError
from taskbell_api.throttling.answers import RateLimitedError

LIMITED = (f"{BASE}/auth/", f"{BASE}/users/me/password", f"{BASE}/users/me/email")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DESCRIPTION = """\
Tasks and reminders. A reminder, once saved, is never lost, and its owner can see what became of it.

Sign in with **Authorize** (your e-mail address as `username`), or send
`Authorization: Bearer <access token>`. Errors are `application/problem+json` with a stable `code`.
Lists are paged by `page` and `per_page`, or by `cursor`. Single tasks carry an `ETag`; send it back
as `If-Match` to change only what you have seen. What adds things takes an `Idempotency-Key`, so
that it may be sent again when the answer was lost. `POST /tasks/quick` understands one line of
text: dates, repeats, `#list @label p1 !30m`. `POST /tasks/batch` does up to 100 things, or nothing.
"""
TAGS = [
    {"name": "health", "description": "Is it alive, and can it serve?"},
    {"name": "auth", "description": "Sign up, sign in, refresh, sign out; sessions; mailed links."},
    {"name": "users", "description": "One's own account."},
    {"name": "tokens", "description": "Personal API tokens."},
    {"name": "tasks", "description": "Tasks: their order, repeats, history and the trash."},
    {"name": "lists", "description": "Lists of tasks, their order and the trash."},
    {"name": "labels", "description": "Labels of tasks."},
    {"name": "filters", "description": "Saved filters: named parameters of `GET /tasks`."},
    {"name": "feeds", "description": "Addresses that show tasks to calendar programs."},
    {"name": "webhooks", "description": "Addresses that are told what is due, signed."},
    {"name": "reminders", "description": "When to be told, and what became of it."},
    {"name": "notifications", "description": "What one is told, and how one wishes to be told."},
    {"name": "push", "description": "Devices that take push messages."},
    {"name": "events", "description": "What changes, as it happens."},
    {"name": "imports", "description": "Moving tasks in from other programs, and out."},
    {"name": "admin", "description": "For administrators: users, jobs, figures."},
]

Responses = dict[int | str, dict[str, Any]]
ErrorClass = type[TaskbellError]


def errors(*classes: ErrorClass) -> Responses:
    """Return the `responses=` of a route that may answer `classes`."""
    by_status: dict[int, list[ErrorClass]] = defaultdict(list)
    for one in classes:
        by_status[one.status].append(one)
    return {status: _response(found) for status, found in by_status.items()}


def _response(classes: Iterable[ErrorClass]) -> dict[str, Any]:
    found = list(classes)
    return {
        "description": " · ".join(one.title for one in found),
        "content": {
            problems.MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    one.code: {"summary": one.title, "value": _example(one)} for one in found
                },
            }
        },
    }


def _example(one: ErrorClass) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": one.title,
        "status": one.status,
        "detail": one.title,
        "code": one.code,
        "request_id": "0198f2a4c1d37d1b8a55c1c6c1f0a001",
        "errors": [],
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the document, made at its first use."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Taskbell",
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    document["components"].setdefault("securitySchemes", {})["token"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "Any token: an access token, a personal API token (`tb_…`), or one of the "
        "sign-in service that the installation trusts.",
    }
    for name, path in document["paths"].items():
        for method in METHODS:
            if method in path:
                _complete(name, path[method])
    return document


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Add what any operation of this shape may answer."""
    general: list[ErrorClass] = []
    if path.startswith(LIMITED):  # by the gateway
        general.append(RateLimitedError)
    if operation["operationId"] != "get_health":
        general.append(problems.DatabaseUnavailableError)
    if operation.get("security"):
        general += [UnauthorizedError, InvalidTokenError, ExpiredTokenError, NotPermittedError]
        (scopes,) = (one["bearer"] for one in operation["security"])
        operation["security"].append({"token": []})
        general += [IdentityIncompleteError, EmailNotVerifiedError, SignInServiceUnavailableError]
        general += [SessionRequiredError if set(scopes) - SCOPES else InsufficientScopeError]
    if operation.get("requestBody"):
        general += [problems.MalformedBodyError, problems.UnsupportedMediaTypeError]
        general += [problems.RequestTooLargeError]
    if operation.get("parameters"):
        general += [problems.UriTooLongError]
    if any(one["name"] == IDEMPOTENCY_KEY for one in operation.get("parameters", ())):
        general += IDEMPOTENCY_ERRORS
    if operation.get("requestBody") or operation.get("parameters"):
        general += [problems.ValidationFailedError]
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    for status, added in errors(*general).items():
        _merge(answers, str(status), added)
    operation["responses"] = dict(sorted(answers.items()))


def _merge(answers: dict[str, Any], status: str, added: dict[str, Any]) -> None:
    there = answers.get(status, {}).get("content", {}).get(problems.MEDIA_TYPE)
    if there is None:
        answers.setdefault(status, added)
        return
    examples = added["content"][problems.MEDIA_TYPE]["examples"]
    there["examples"] = {**there["examples"], **examples}
    titles = dict.fromkeys(one["summary"] for one in there["examples"].values())
    answers[status]["description"] = " · ".join(titles)
