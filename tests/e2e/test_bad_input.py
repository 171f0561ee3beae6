"""Input that must not be taken, all the way through the gateway: a problem, never a 5xx."""

import base64
import json
import time
from typing import Any

import httpx
import pytest

from tests.e2e.client import API, User, ok, problem

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 422),
    "not JSON": (b"{title}", 400),
    "a list": (b"[]", 422),
    "a number": (b"1", 422),
    "not UTF-8": (b'{"title": "\xff\xfe"}', 400),
    "wrong types": (b'{"title": 5, "priority": [], "due_at": {}}', 422),
    "unknown field": (b'{"title": "x", "owner_id": "me"}', 422),
    "blank": (b'{"title": "   "}', 422),
    "NUL": (b'{"title": "a\\u0000b"}', 422),
    "half a character": (b'{"title": "\\ud800"}', 422),
    "too long": (json.dumps({"title": "x" * 201}).encode(), 422),
    "deep lists": (b"[" * 100_000, 400),
    "deep objects": (b'{"title":' * 100_000, 400),
    "deep and closed": (b'{"title":' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
    "huge number": (b'{"title": ' + b"9" * 100_000 + b"}", 400),
    "not a time": (b'{"title": "x", "due_at": "2031-02-30T00:00:00Z"}', 422),
    "not a zone": (b'{"title": "x", "time_zone": "Mars/Olympus"}', 422),
}


@pytest.mark.parametrize("kind", BODIES)
def test_bad_bodies(user: User, kind: str) -> None:
    content, status = BODIES[kind]
    headers = {"Content-Type": "application/json"}
    answer = user.request("POST", "/tasks", content=content, headers=headers)
    if kind == "deep and closed":  # well-formed, as far as a parser follows it
        assert answer.status_code in {400, 422}
        status = answer.status_code
    body = problem(answer, status)
    if status == 422:
        assert body["errors"]


@pytest.mark.parametrize(
    "path",
    [
        "/tasks/not-an-id",
        "/tasks/%00",
        "/tasks/../../etc/passwd",
        "/tasks/%2e%2e%2f%2e%2e",
        "/tasks/%ff%fe",
        f"/tasks/{'x' * 4000}",
        "/tasks?page=0",
        "/tasks?page=-1",
        "/tasks?page=99999999999999999999",
        "/tasks?per_page=abc",
        "/tasks?q=%00",
        "/tasks?sort=password",
        "/tasks?due_before=someday",
        "/tasks?cursor=%00",
        f"/tasks?q={'x' * 7000}",
        f"/tasks?q={'x' * 40_000}",
    ],
)
def test_bad_addresses(user: User, path: str) -> None:
    answer = user.request("GET", path)
    assert 400 <= answer.status_code < 500
    problem(answer, answer.status_code)


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(user: User, algorithm: str) -> str:
    """The user's own claims, signed with nothing."""
    payload = user.tokens.access.split(".")[1]
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{payload}."


def unsigned(user: User) -> str:
    return user.tokens.access.rpartition(".")[0] + "."


def with_other_claims(user: User) -> str:
    """An administrator, says the token; its signature does not."""
    header, payload, signature = user.tokens.access.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims |= {"role": "admin", "exp": int(time.time()) + 10**6}
    return f"{header}.{part(claims)}.{signature}"


def test_forged_tokens(http: httpx.Client, user: User) -> None:
    tokens = {
        "alg none": forged(user, "none"),
        "alg NONE": forged(user, "NONE"),
        "unsigned": unsigned(user),
        "other claims": with_other_claims(user),
        "refresh token": user.tokens.refresh,
        "nonsense": "a.b.c",
        "very long": "x" * 7000,
    }
    for kind, token in tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.get(f"{API}/users/me", headers=headers)
        assert answer.status_code == 401, kind
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["", "Basic YTpi", "Bearer", "bearer x y", "Token x"])
def test_other_ways_to_sign_in(http: httpx.Client, scheme: str) -> None:
    answer = http.get(f"{API}/users/me", headers={"Authorization": scheme})
    problem(answer, 401)


def test_headers_without_end(http: httpx.Client) -> None:
    answer = http.get(f"{API}/health", headers={"X-Long": "x" * 40_000})
    problem(answer, answer.status_code)
    assert answer.status_code in {400, 431}


def test_other_types_of_bodies(http: httpx.Client, user: User) -> None:
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": kind}
        answer = user.request("POST", "/tasks", content=b'{"title": "x"}', headers=headers)
        problem(answer, 415, "unsupported_media_type")
    answer = http.post(f"{API}/auth/login", json={"username": "a", "password": "b"})
    problem(answer, 415, "unsupported_media_type")


def test_other_methods(http: httpx.Client, user: User) -> None:
    answer = user.request("PUT", "/tasks", json={})
    problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
    assert http.request("TRACE", f"{API}/health").status_code == 405


def test_nothing_of_this_was_saved(user: User) -> None:
    assert ok(user.get("/tasks"))["total"] == 0
