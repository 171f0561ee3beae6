"""What the gateway adds to every answer, and what it answers itself."""

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.e2e.client import API, User, ok, problem

LARGE = b"x" * 10 * 1024 * 1024


def an_asset(http: httpx.Client) -> str:
    found = re.search(r'src="(/assets/[^"]+\.js)"', http.get("/").text)
    assert found is not None
    return found[1]


ANSWERS: dict[str, tuple[int, Callable[[httpx.Client], httpx.Response]]] = {
    "page": (200, lambda http: http.get("/")),
    "page at another path": (200, lambda http: http.get("/sign-in")),
    "asset": (200, lambda http: http.get(an_asset(http))),
    "missing asset": (404, lambda http: http.get("/assets/gone-12345678.js")),
    "API": (200, lambda http: http.get(f"{API}/health")),
    "API without token": (401, lambda http: http.get(f"{API}/tasks")),
    "API path that is not there": (404, lambda http: http.get(f"{API}/nothing")),
    "API document": (200, lambda http: http.get("/api/openapi.json")),
    "docs": (200, lambda http: http.get("/docs")),
    "too large": (413, lambda http: http.post(f"{API}/tasks", content=LARGE)),
    "metrics": (404, lambda http: http.get("/metrics")),
    "impossible path": (400, lambda http: http.get("/%00")),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_has_security_headers_and_an_id(http: httpx.Client, kind: str) -> None:
    status, ask = ANSWERS[kind]
    answer = ask(http)
    headers = answer.headers
    assert answer.status_code == status
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", headers["x-request-id"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in {"same-origin", "no-referrer"}
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    scripts = re.search(r"(script-src|default-src) ([^;]*)", policy)
    assert scripts is not None
    assert "unsafe" not in scripts[2]
    assert "cache-control" in headers
    assert not re.search(r"\d", headers.get("server", "")), "shows a version"
    assert len(headers.get_list("x-request-id")) == 1
    if status >= 400:
        problem(answer, status)


def test_page_is_fresh_and_its_assets_are_immutable(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    asset = http.get(an_asset(http))
    assert asset.headers["content-type"].startswith("text/javascript")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-encoding"] == "gzip"


def test_a_well_formed_request_id_is_kept(http: httpx.Client) -> None:
    answer = http.get(f"{API}/health", headers={"X-Request-ID": "my-id.2030_01"})
    assert answer.headers["x-request-id"] == "my-id.2030_01"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "{evil}-{evil}", "ümlaut-id"])
def test_a_malformed_request_id_is_replaced(http: httpx.Client, given: str) -> None:
    answer = http.get(f"{API}/nothing", headers={b"X-Request-ID": given.encode()})
    assert problem(answer, 404)["request_id"] != given


@pytest.mark.parametrize("path", ["/metrics", "/api/metrics", f"{API}/metrics", "/metrics/worker"])
def test_metrics_cannot_be_reached(http: httpx.Client, path: str) -> None:
    problem(http.get(path), 404, "not_found")


def test_health(http: httpx.Client) -> None:
    assert ok(http.get(f"{API}/health")) == {"status": "ok"}
    assert ok(http.get("/health")) == {"status": "ok"}
    assert ok(http.get(f"{API}/health/db"))["status"] == "ok"
    for path in (f"{API}/health/ready", "/health/ready"):
        body = ok(http.get(path))
        assert body["status"] == "ready"
        assert {name: body["checks"][name] for name in ("database", "schema", "redis")} == {
            "database": "ok",
            "schema": "ok",
            "redis": "ok",
        }


def test_openapi_document(http: httpx.Client) -> None:
    document = ok(http.get("/api/openapi.json"))
    assert document["openapi"].startswith("3.")
    assert f"{API}/tasks/{{task_id}}" in document["paths"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]
            assert operation["tags"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_docs_load_everything_from_here(http: httpx.Client, page: str) -> None:
    html = ok_html(http.get(page))
    linked = re.findall(r"""(?:src|href)=["']([^"']+)["']""", html)
    assert linked
    for link in linked:
        assert not urlsplit(link).netloc, f"{page} loads {link}"
        asset = http.get(urljoin(page, link))
        assert asset.status_code == 200, link
        assert len(asset.content) > 0
    assert "<script>" not in html


def ok_html(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_the_gateway_refuses_large_bodies_itself(user: User) -> None:
    answer = user.request("POST", "/tasks", content=LARGE)
    problem(answer, 413, "request_too_large")


def test_single_things_have_strong_etags(user: User) -> None:
    """The gateway compresses, and must not weaken what `If-Match` compares."""
    task = user.add_task(description="long " * 1000)
    answer = user.request("GET", f"/tasks/{task['id']}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["etag"] == '"1"'


def test_other_origins_are_not_invited(http: httpx.Client) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = http.options(f"{API}/tasks", headers=asked)
    assert "access-control-allow-origin" not in answer.headers
