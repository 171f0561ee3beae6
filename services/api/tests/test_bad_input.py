"""Every operation × input that must not be taken: never a 5xx, always a problem, nothing echoed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from taskbell.ids import new_id
from taskbell_api.app import MOST_PUBLIC_BODY_BYTES

from .conftest import JSON, Belongings, Person, PersonFor, assert_problem
from .operations import NEW_TASK, OPERATIONS, THINGS, Operation
from .test_authorisation import name

SECRET = "s3cr3t-never-echo-me"
WITH_JSON = [one for one in OPERATIONS if one.body is not None and not one.form]
WITH_ID = [one for one in OPERATIONS if one.about]

MALFORMED = {
    "not JSON": b"{",
    "text": b"hello",
    "two values": b"{} {}",
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "UTF-16 cut": b"\xff\xfe{\x00",
    "huge integer": b'{"title": ' + b"9" * 5000 + b"}",
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
}
NOT_AN_OBJECT = [b"[]", b'"text"', b"1", b"true", b"NaN", b"[[]]", b'[{"title": "x"}]']
ODD_VALUES: list[Any] = [
    SECRET,
    "\x00",
    "a\x00b",
    "x" * 20_000,
    -1,
    10**30,
    1e308,
    True,
    [],
    [SECRET],
    {},
    {SECRET: SECRET},
    "2026-13-45",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59+00:00",
    "2026-01-01T00:00:00",
]


Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def send(person_for: PersonFor, belongings: Belongings) -> Send:
    """Call an operation as somebody who may, with what it is about."""
    made: dict[str, tuple[Person, str]] = {}

    async def request(operation: Operation, **options: Any) -> httpx.Response:
        if operation.name not in made:
            person = await person_for(operation)
            made[operation.name] = person, operation.url(await belongings(person, operation))
        person, url = made[operation.name]
        return await person.request(operation.method, url, **options)

    return request


def is_too_large(operation: Operation, content: bytes) -> bool:
    """Whether it is for everybody to send to, and takes small bodies only."""
    small = any(part in operation.path for part in ("/auth/", "/reminder-links/", "/digest/"))
    return small and len(content) > MOST_PUBLIC_BODY_BYTES


def without_names(text: str) -> str:
    """Take out names of fields: those are told, also unknown ones."""
    return text.replace(f'.{SECRET}"', "").replace(f"{SECRET}: is not a field", "")


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_malformed_bodies(send: Send, operation: Operation) -> None:
    for content in MALFORMED.values():
        answer = await send(operation, content=content, headers=JSON)
        if is_too_large(operation, content):
            assert_problem(answer, 413, "request_too_large")
        else:
            assert_problem(answer, 400, "malformed_body")


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_bodies_of_another_shape(send: Send, operation: Operation) -> None:
    for content in NOT_AN_OBJECT:
        answer = await send(operation, content=content, headers=JSON)
        problem = assert_problem(answer, 422, "validation_failed")
        assert problem["errors"]


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_empty_bodies(send: Send, operation: Operation) -> None:
    answer = await send(operation, content=b"", headers=JSON)
    if operation.optional_body:
        assert answer.status_code in {200, 204, 401}
    else:
        problem = assert_problem(answer, 422, "validation_failed")
        assert problem["errors"] == [{"field": "body", "message": "is required", "type": "missing"}]


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_other_content_types(send: Send, operation: Operation) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"Content-Type": content_type}
        answer = await send(operation, content=b'{"title": "x"}', headers=headers)
        assert_problem(answer, 415, "unsupported_media_type")
    answer = await send(operation, content=b"{}")
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_unknown_fields(send: Send, operation: Operation) -> None:
    answer = await send(operation, json={**(operation.body or {}), "unknown": SECRET})
    problem = assert_problem(answer, 422, "validation_failed")
    assert "body.unknown" in {one["field"] for one in problem["errors"]}
    assert SECRET not in answer.text


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_odd_values(send: Send, operation: Operation) -> None:
    fields = {*(operation.body or {}), "title", "description", "priority", "due_at", "due_date"}
    fields |= {"time_zone", "start_date", "id", "list_id", "at", "channels", "email", "name"}
    fields |= {"password", "token", "role", "is_active", "scopes", "expires_at", "locale"}
    for value in ODD_VALUES:
        sent = dict.fromkeys(fields, value)
        answer = await send(operation, json=sent)
        if is_too_large(operation, json.dumps(sent).encode()):
            assert_problem(answer, 413, "request_too_large")
            continue
        assert_problem(answer, 422, "validation_failed")
        assert SECRET not in without_names(answer.text)


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_an_odd_value_in_each_field(send: Send, operation: Operation) -> None:
    """One at a time: with the rest as it should be, more code sees it."""
    for field in operation.body or ():
        for value in ODD_VALUES:
            answer = await send(operation, json={**(operation.body or {}), field: value})
            if answer.status_code >= 400:
                too_large = {413} if is_too_large(operation, str(value).encode()) else set()
                assert answer.status_code in {401, 403, 409, 422} | too_large, answer.text
                assert_problem(answer, answer.status_code, answer.json()["code"])
                assert SECRET not in without_names(answer.text)


@pytest.mark.parametrize("operation", WITH_JSON, ids=name)
async def test_lone_surrogates(send: Send, operation: Operation) -> None:
    for content in (rb'{"title": "\ud800"}', rb'{"\ud800": 1}', rb'{"a\udfffb\u0000": "\ud800"}'):
        answer = await send(operation, content=content, headers=JSON)
        assert_problem(answer, 422, "validation_failed")


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
async def test_large_bodies(send: Send, operation: Operation) -> None:
    async def streamed() -> Any:
        for _ in range(160):
            yield b" " * 65_536

    announced = await send(operation, content=b" " * 11 * 1024 * 1024, headers=JSON)
    assert_problem(announced, 413, "request_too_large")
    if operation.body is not None and not operation.form:
        unannounced = await send(operation, content=streamed(), headers=JSON)
        assert_problem(unannounced, 413, "request_too_large")


async def test_a_large_form(api: httpx.AsyncClient) -> None:
    form = {"username": "a@example.com", "password": "x" * 2_000_000}
    assert_problem(await api.post("/auth/login", data=form), 413, "request_too_large")


@pytest.mark.parametrize("operation", WITH_ID, ids=name)
async def test_junk_ids(person_for: PersonFor, operation: Operation) -> None:
    person = await person_for(operation)
    for junk in ("x", "1", "%00", "%ff", "'", "%2e%2e", "..%2f..", "x" * 3000, str(new_id())[:-1]):
        ids = {f"{thing}_id": junk for thing in THINGS}
        answer = await person.request(operation.method, operation.url(ids), json=operation.body)
        assert answer.status_code in {404, 405, 422}, answer.text
        assert_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "query.page"),
        ("page=-1", "query.page"),
        ("page=1.5", "query.page"),
        ("page=" + "9" * 40, "query.page"),
        ("per_page=0", "query.per_page"),
        ("per_page=101", "query.per_page"),
        ("per_page=many", "query.per_page"),
        ("status=done", "query.status"),
        ("priority=5", "query.priority"),
        ("sort=password", "query.sort"),
        ("list_id=inbox", "query.list_id"),
        ("overdue=maybe", "query.overdue"),
        ("trashed=2", "query.trashed"),
        ("q=a%00b", "query.q"),
        ("q=" + "x" * 201, "query.q"),
        ("cursor=", "query.cursor"),
        ("due_before=%00", "query.due_before"),
        ("due_before=2026-01-01T00:00:00", "query.due_before"),
        ("due_after=someday", "query.due_after"),
        ("due_after=9999-01-01", "query.due_after"),
    ],
)
async def test_bad_queries(ada: Person, query: str, field: str) -> None:
    problem = assert_problem(await ada.get(f"/tasks?{query}"), 422, "validation_failed")
    assert all(one["field"].startswith(field) for one in problem["errors"])


@pytest.mark.parametrize(
    "query",
    [
        "page=1000000000000",
        "q=" + "%27" * 60,
        "q=%27%3A*%20%26%20%7C%20!%20()%5C",
        "q=%25_%20%3C-%3E",
        "q=%F0%9F%98%80",
        "q=%ED%A0%80",
        "q=%20%20",
        "q=",
        "unknown=" + "x" * 8000,
        "due_before=2199-12-31&due_after=1970-01-02",
        "due_before=1970-01-01&overdue=true",
        "due_before=2026-01-01T00:00:00%2B14:00",
    ],
)
async def test_odd_queries(ada: Person, query: str) -> None:
    answer = await ada.get(f"/tasks?{query}")
    assert answer.status_code == 200, answer.text


async def test_every_error_is_listed(ada: Person) -> None:
    body = {"title": " ", "priority": "now", "due_at": "later", "time_zone": "Moon", "x": 1}
    problem = assert_problem(await ada.post("/tasks", json=body), 422, "validation_failed")
    assert {one["field"] for one in problem["errors"]} == {f"body.{field}" for field in body}
    assert all(set(one) == {"field", "message", "type"} for one in problem["errors"])


async def test_nobody_unknown_sends_thousands_of_errors(api: httpx.AsyncClient) -> None:
    """Each would be told: half a second of work for a mebibyte of them."""
    body = {f"field{number}": 1 for number in range(20_000)}
    for path in ("signup", "forgot-password", "reset-password", "verify-email", "refresh"):
        answer = await api.post(f"/auth/{path}", json=body)
        assert_problem(answer, 413, "request_too_large")


async def test_thousands_of_errors_are_cut(ada: Person) -> None:
    body = {"title": "x"} | {f"field{number}": 1 for number in range(20_000)}
    problem = assert_problem(await ada.post("/tasks", json=body), 422, "validation_failed")
    assert len(problem["errors"]) == 100


async def test_input_is_never_echoed(api: httpx.AsyncClient) -> None:
    for body in (
        {"email": f"{SECRET}@", "password": SECRET},
        {"email": f"a@{SECRET}..example", "password": [SECRET]},
        {
            "email": {"x": SECRET},
            "password": SECRET[:4],
            "time_zone": SECRET,
            "name": SECRET + "\n",
        },
    ):
        answer = await api.post("/auth/signup", json=body)
        assert_problem(answer, 422, "validation_failed")
        assert SECRET[:4] not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "path_not_found"),
        ("GET", "/tasks/", 404, "path_not_found"),
        ("GET", "/%00", 404, "path_not_found"),
        ("GET", "/../../etc/passwd", 404, "path_not_found"),
        ("PUT", "/tasks", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("TRACE", "/tasks", 405, "method_not_allowed"),
        ("BREW", "/tasks", 405, "method_not_allowed"),
    ],
)
async def test_no_such_operation(
    api: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.request(method, path)
    assert_problem(answer, status, code)
    if status == 405:
        expected = "GET" if path == "/health" else "GET, POST"
        assert answer.headers["allow"] == expected


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space", "ümlaut-ümlaut", "a\tb-c-d-e"]
)
async def test_malformed_request_ids_are_replaced(api: httpx.AsyncClient, given: str) -> None:
    answer = await api.get("/health", headers=[(b"X-Request-ID", given.encode("latin-1"))])
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize("value", ["3", '"3', "'3'", "", '"3", "4"', '"a" junk', '"\x00"'])
async def test_malformed_if_match(ada: Person, value: str) -> None:
    task = await ada.task(**NEW_TASK)
    for method, body in (("PATCH", {"title": "x"}), ("PUT", NEW_TASK), ("DELETE", None)):
        answer = await ada.request(
            method, f"/tasks/{task['id']}", json=body, headers={"If-Match": value}
        )
        assert_problem(answer, 400, "malformed_if_match")
