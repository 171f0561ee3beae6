"""Logs: one id through all services, and no secret in any of them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.client import API, SECRETS, User, new_credentials, ok, secret
from tests.e2e.stacks import SERVICES, RunningStack, json_lines
from tests.e2e.waiting import until


def lines_with(stack: RunningStack, service: str, request_id: str) -> list[dict[str, Any]]:
    """The lines a service wrote about a request, once there are some."""

    def found() -> list[dict[str, Any]]:
        lines = json_lines(stack.log(service))
        return [one for one in lines if one.get("request_id") == request_id]

    return until(found, f"{service} logs the request {request_id}")


def test_a_request_can_be_followed_through_all_services(
    http: httpx.Client, stack: RunningStack
) -> None:
    request_id = f"e2e-{uuid4()}"
    sent = new_credentials()
    headers = {"X-Request-ID": request_id}
    answer = http.post(f"{API}/auth/signup?note=not-logged", json=sent, headers=headers)
    body = ok(answer, 201)
    secret(body["access_token"])
    secret(body["refresh_token"])
    assert answer.headers["x-request-id"] == request_id

    (gateway,) = lines_with(stack, "gateway", request_id)
    assert gateway["method"] == "POST"
    assert gateway["path"] == f"{API}/auth/signup", "without the query"
    assert gateway["status"] == 201
    (api,) = (one for one in lines_with(stack, "api", request_id) if one["event"] == "request")
    assert (api["method"], api["path"], api["status"]) == ("POST", f"{API}/auth/signup", 201)
    assert api["duration_ms"] > 0
    jobs = {one["kind"]: one for one in lines_with(stack, "worker", request_id) if "kind" in one}
    job = jobs["mail.welcome"]
    assert (job["event"], job["outcome"]) == ("job", "done")
    for line, time in ((gateway, "time"), (api, "timestamp"), (job, "timestamp")):
        age = datetime.now(UTC) - datetime.fromisoformat(line[time])
        assert abs(age.total_seconds()) < 60


def test_each_request_is_one_line(user: User, stack: RunningStack) -> None:
    request_id = f"e2e-{uuid4()}"
    user.request("GET", "/tasks/not-an-id", headers={"X-Request-ID": request_id})
    (line,) = lines_with(stack, "api", request_id)
    assert line["path"] == f"{API}/tasks/{{task_id}}"
    assert line["status"] == 422
    assert len(lines_with(stack, "gateway", request_id)) == 1


@pytest.mark.order(1)
def test_our_own_services_write_json_only(stack: RunningStack) -> None:
    for service in ("api", "worker", "migrate"):
        for line in stack.log(service).splitlines():
            assert json_lines(line), f"{service} wrote: {line}"


@pytest.mark.order(1)
def test_no_secret_is_in_any_log(http: httpx.Client, user: User, stack: RunningStack) -> None:
    """Looks for what all tests before used, and for what this one plants in odd places."""
    planted = {name: secret(f"canary-{name}-{uuid4()}") for name in ("query", "bearer", "cookie")}
    planted |= {name: secret(f"canary-{name}-{uuid4()}") for name in ("field", "mail", "form")}
    bearer = {"Authorization": f"Bearer {planted['bearer']}"}
    cookie = {"Cookie": f"taskbell_refresh={planted['cookie']}"}
    http.get(f"{API}/tasks?token={planted['query']}")
    http.get(f"/?token={planted['query']}")
    http.get(f"/missing.js?token={planted['query']}")
    http.get(f"{API}/tasks", headers=bearer)
    http.post(f"{API}/auth/refresh", headers=cookie)
    http.post(f"{API}/auth/signup", json={"password": planted["field"]})
    http.post(f"{API}/auth/signup", json={planted["field"]: planted["field"]})
    http.post(f"{API}/auth/login", data={"username": "x", "password": planted["form"]})
    user.add_task("Read by nobody else", description=planted["mail"])
    ok(user.get("/users/me"))
    assert len(SECRETS) > 20, "the tests before remembered theirs"
    # What was written before this line is through the pipes when this one is.
    request_id = f"e2e-{uuid4()}"
    http.get(f"{API}/health", headers={"X-Request-ID": request_id})
    lines_with(stack, "gateway", request_id)
    lines_with(stack, "api", request_id)
    for service in SERVICES:
        log = stack.log(service)
        leaked = [value for value in SECRETS if value in log]
        assert not leaked, f"{service} logged secrets: {leaked}"


@pytest.mark.order(1)
def test_nothing_went_wrong_unseen(stack: RunningStack) -> None:
    """No error of our own making in the logs of a whole run."""
    broken = [
        json.dumps(line, indent=1)
        for service in ("api", "worker")
        for line in json_lines(stack.log(service))
        if line.get("level") in {"error", "critical"}
    ]
    assert not broken, "\n".join(broken)
