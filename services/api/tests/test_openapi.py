"""The OpenAPI document and the pages that show it."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from taskbell.accounts.schemas import (
    Accepted,
    AdminUserOut,
    ApiTokenOut,
    NewApiTokenOut,
    RefreshRequest,
    SessionOut,
    TokensOut,
    UserOut,
)
from taskbell.feeds.schemas import FeedOut, NewFeedOut
from taskbell.filters.schemas import FilterOut
from taskbell.labels.schemas import LabelOut
from taskbell.lists.schemas import ListOut
from taskbell.notifications.schemas import NotificationOut
from taskbell.push.schemas import SubscriptionOut
from taskbell.quick_add.schemas import QuickOut
from taskbell.reminders.schemas import DeliveryOut, ReminderOut
from taskbell.tasks.activity_schemas import ActivityOut
from taskbell.tasks.schemas import CompletionOut, TaskOut
from taskbell.transfer.schemas import ImportOut, ImportRowOut
from taskbell.webhooks.schemas import NewWebhookOut, WebhookDeliveryOut, WebhookOut
from taskbell_api.examples import EXAMPLES
from taskbell_api.pages import PageOut
from taskbell_api.query_strings import parameters
from taskbell_api.routers.admin import AdminStats, JobOut, JobQuery, UserQuery
from taskbell_api.routers.health import Alive, DatabaseHealth
from taskbell_api.routers.lists import ListQuery
from taskbell_api.routers.task_actions import BatchOut, OccurrencesOut
from taskbell_api.routers.tasks import TaskQuery

from .conftest import ORIGIN, MakeApi, assert_problem, client
from .operations import OPERATIONS, SECURITY

PROBLEM = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}, name
        assert re.fullmatch("[a-z_]+", operation["operationId"]), name
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids)) == len(OPERATIONS)


def test_errors_are_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        answers = operation["responses"]
        for status, answer in answers.items():
            if int(status) >= 400 and (name, status) != ("GET /api/v1/health/ready", "503"):
                content = answer["content"]
                assert list(content) == ["application/problem+json"], (name, status)
                assert content["application/problem+json"]["schema"] == PROBLEM
                assert content["application/problem+json"]["examples"]
        if operation.get("security"):
            assert {"401", "503"} <= set(answers), name
        if operation.get("requestBody"):
            assert {"400", "413", "415", "422"} <= set(answers), name
        if "{" in name:
            assert {"404", "414"} <= set(answers), name
        if any(one["name"].lower() == "if-match" for one in operation.get("parameters", ())):
            assert "412" in answers, name


def test_every_operation_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def shown(content: dict[str, Any]) -> bool:
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        # bodies that may be absent are a choice of the schema and null
        choices = re.findall(r"schemas/(\w+)", str(content["schema"].get("anyOf", "")))
        return "example" in str([content, *(schemas[one] for one in [name, *choices] if one)])

    for name, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert shown(content), name
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                assert shown(content), (name, status)


def test_examples_are_valid() -> None:
    pages: list[type[BaseModel]] = [PageOut[TaskOut], PageOut[ReminderOut], PageOut[DeliveryOut]]
    pages += [PageOut[SessionOut], PageOut[ApiTokenOut], PageOut[AdminUserOut], PageOut[JobOut]]
    models: list[type[BaseModel]] = [Alive, DatabaseHealth, TokensOut, UserOut, RefreshRequest]
    models += [TaskOut, ReminderOut, DeliveryOut, Accepted, SessionOut, ApiTokenOut]
    models += [NewApiTokenOut, AdminUserOut, AdminStats, JobOut, *pages]
    models += [ListOut, LabelOut, FilterOut]
    models += [PageOut[ListOut], PageOut[LabelOut], PageOut[FilterOut]]
    models += [FeedOut, NewFeedOut, PageOut[FeedOut]]
    models += [WebhookOut, NewWebhookOut, PageOut[WebhookOut]]
    models += [WebhookDeliveryOut, PageOut[WebhookDeliveryOut]]
    models += [NotificationOut, PageOut[NotificationOut]]
    models += [SubscriptionOut, PageOut[SubscriptionOut]]
    models += [ActivityOut, CompletionOut, QuickOut, BatchOut, OccurrencesOut]
    models += [PageOut[ActivityOut], PageOut[CompletionOut]]
    models += [ImportOut, ImportRowOut, PageOut[ImportOut], PageOut[ImportRowOut]]
    named = {re.sub(r"\W", "_", model.__name__): model for model in models}
    assert set(named) == set(EXAMPLES)
    for name, example in EXAMPLES.items():
        model = named[name]
        assert set(example) == {*model.model_fields, *model.model_computed_fields}
        model.model_validate(example)


def test_no_framework_schemas_are_left(document: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"])
    referenced = set(re.findall(r"#/components/schemas/([\w\-]+)", str(document)))
    assert referenced <= set(document["components"]["schemas"])


async def test_documents_are_served(app: FastAPI) -> None:
    async with client(app) as api:
        answer = await api.get(f"{ORIGIN}/api/openapi.json")
        assert answer.json()["openapi"].startswith("3.1")
        for page in ("/docs", "/redoc"):
            html = await api.get(f"{ORIGIN}{page}")
            assert html.headers["content-type"].startswith("text/html")
            policy = html.headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "<script>" not in html.text
            assert "http://" not in html.text.replace("<!doctype", "")
            assert "https://" not in html.text
            for path in re.findall(r'(?:src|href)="(/[^"]+)"', html.text):
                loaded = await api.get(f"{ORIGIN}{path}")
                assert (loaded.status_code, len(loaded.content) > 10) == (200, True), path


async def test_documents_can_be_left_out(make_api: MakeApi) -> None:
    api = make_api(docs_enabled=False)
    for path in ("/docs", "/redoc", "/api/openapi.json", "/docs/swagger-ui-bundle.js"):
        assert_problem(await api.get(f"{ORIGIN}{path}"), 404, "path_not_found")


async def test_no_other_origin_may_read_unless_told(make_api: MakeApi) -> None:
    api = make_api(cors_origins=())
    for method in ("GET", "OPTIONS"):
        answer = await api.request(
            method,
            "/tasks",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
        )
        assert answer.status_code in {401, 405}
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_cors(api: httpx.AsyncClient) -> None:
    preflight = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    allowed = await api.options(
        "/tasks", headers={"Origin": "https://app.example.com", **preflight}
    )
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    assert allowed.headers["access-control-allow-credentials"] == "true"
    refused = await api.options("/tasks", headers={"Origin": "https://evil.example", **preflight})
    assert "access-control-allow-origin" not in refused.headers
    error = await api.get("/tasks", headers={"Origin": "https://app.example.com"})
    assert error.status_code == 401
    assert error.headers["access-control-allow-origin"] == "https://app.example.com"
    exposed = {one.strip() for one in error.headers["access-control-expose-headers"].split(",")}
    limits = {"RateLimit", "RateLimit-Policy", "Retry-After"}
    assert exposed == {"ETag", "Idempotency-Replayed", "Location", "X-Request-ID", *limits}


def test_every_list_says_how_it_is_paged(document: dict[str, Any]) -> None:
    """Query strings are read as models, whose fields each operation has to name."""
    lists = [
        (name, operation)
        for name, operation in operations(document)
        if "PageOut" in str(operation["responses"].get("200"))
    ]
    assert len(lists) >= 10
    for name, operation in lists:
        names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        assert {"page", "per_page", "cursor"} <= set(names), name
        assert len(names) == len(set(names)), name
    queries: dict[str, type[BaseModel]] = {"/tasks": TaskQuery}
    queries |= {"/users": UserQuery, "/admin/jobs": JobQuery, "/lists": ListQuery}
    for path, query in queries.items():
        described = dict(lists)[f"GET /api/v1{path}"]["parameters"]
        assert {one["name"] for one in described} == query.model_fields.keys()


def test_every_refusal_is_described(document: dict[str, Any]) -> None:
    """401 and 403, with the codes that fit the operation's permission."""
    described = dict(operations(document))
    for operation in OPERATIONS:
        answers = described[operation.name]["responses"]
        codes = {
            status: set(answers[status]["content"]["application/problem+json"]["examples"])
            for status in ("401", "403")
            if status in answers
        }
        if operation.public:
            assert "unauthorized" not in codes.get("401", ()), operation.name
            continue
        assert {"unauthorized", "invalid_token", "token_expired"} <= codes["401"], operation.name
        wanted = "session_required" if operation.permission == SECURITY else "insufficient_scope"
        assert wanted in codes["403"], operation.name
        assert ("reauthentication_required" in codes["403"]) == (
            operation.proof in {"recent", "either"}
        ), operation.name
        asks = operation.proof in {"password", "either"}
        assert ("wrong_password" in codes["403"]) == asks, operation.name


def test_no_answer_has_a_secret_of_an_account(document: dict[str, Any]) -> None:
    """Hashes and keys have no place in any model; tokens only in what hands them out."""
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for field in schema.get("properties", {}):
            assert "hash" not in field, name
            assert field not in {"email_key", "payload", "lease_token"}, name
            if field in {"token", "access_token", "refresh_token"}:
                handing_out = {"TokensOut", "NewApiTokenOut"}
                taking = {"RefreshRequest", "EmailVerification", "PasswordReset"}
                taking |= {"ReminderLink", "ReminderLinkUse"}
                assert name in handing_out | taking, (name, field)
            if "secret" in field:  # when the one before ends is no secret
                assert name == "NewWebhookOut" or field == "previous_secret_until", (name, field)


def test_a_query_string_holds_plain_values_only() -> None:
    class Inner(BaseModel):
        x: int

    class Query(BaseModel):
        inner: Inner

    with pytest.raises(TypeError, match="Query has a field"):
        parameters(Query)
