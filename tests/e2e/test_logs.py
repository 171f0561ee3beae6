"""Logs: one id through all services, and no secret in any of them."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.canaries import Call, Operation, canary, operations, unproven_bearers
from tests.e2e.client import (
    API,
    SECRETS,
    User,
    instant,
    new_credentials,
    ok,
    problem,
    secret,
    sign_up,
    soon,
)
from tests.e2e.database import make_admin
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import SERVICES, RunningStack, json_lines
from tests.e2e.test_feeds import make_feed, misspelt, secret_of
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


class Planter:
    """Sends what `canaries` makes, as nobody and as an administrator who has one of each thing."""

    def __init__(self, http: httpx.Client, stack: RunningStack, victim: User) -> None:
        self._http, self._stack = http, stack
        self.ids = {"user_id": ok(victim.get("/users/me"))["id"]}
        self.in_paths: list[str] = []

    def plant(self, operation: Operation) -> None:
        """Call an operation in every way; nobody's answer may be a 5xx."""
        user = sign_up(self._http, name=canary("name"))
        make_admin(self._stack, user.email)
        mine = {"Authorization": f"Bearer {user.tokens.access}"}
        ids = self._things(user)
        for call in (*operation.calls(ids), *operation.paths(ids, self._in_path)):
            self._send(call)
            self._send(call.with_headers(mine))
        for bearer in unproven_bearers():
            call = next(operation.calls(ids))
            self._send(call.with_headers({"Authorization": f"Bearer {bearer}"}))

    def _send(self, call: Call) -> None:
        answer = self._http.request(call.method, call.path, **call.options)
        self._http.cookies.clear()
        assert answer.status_code < 500, f"{call}: {answer.text}"
        if answer.content and answer.headers["content-type"] == "application/json":
            remember(answer.json())

    def _in_path(self, name: str) -> str:
        self.in_paths.append(f"canary-path-{name}-{uuid4().hex[:12]}")
        return self.in_paths[-1]

    def _things(self, user: User) -> dict[str, str]:
        task = user.add_task(canary("title"), description=canary("description"))
        ids = defaultdict(lambda: str(uuid4()), self.ids, task_id=task["id"])
        ids["reminder_id"] = user.remind(task, at=instant(soon(3600)))["id"]
        for kind in ("list", "label", "filter"):
            body: dict[str, Any] = {"name": canary(kind)}
            if kind == "filter":
                body["query"] = {}
            ids[f"{kind}_id"] = ok(user.post(f"/{kind}s", body), 201)["id"]
            if kind != "list":  # the name is taken
                problem(user.post(f"/{kind}s", body), 409)
        make_feed(user, name=canary("feed"))
        ids["feed_id"] = ok(user.get("/feeds"))["items"][0]["id"]
        return ids


def remember(body: Any) -> None:
    """Remember the tokens of an answer, and what is secret in the address of a calendar feed."""
    if isinstance(body, dict):
        if "/feeds/" in str(body.get("url")):
            secret(secret_of(body["url"]))
        for name in ("access_token", "refresh_token", "token"):
            if isinstance(body.get(name), str):
                secret(body[name])


def read_feed(http: httpx.Client, user: User) -> None:
    """Ask for a calendar feed as a calendar program does, and as somebody who pasted it badly."""
    url = make_feed(user)
    assert http.get(url).status_code == 200
    for path in misspelt(url):
        for method in ("GET", "HEAD", "POST"):
            assert http.request(method, path).status_code < 500


def found_in(log: str, values: Iterable[str]) -> list[str]:
    """Those that stand in a log: thousands are looked for in megabytes.

    Wherever the last fifteen characters of a value stand, one of the log's eighths is among them.
    """
    eighths = {log[at : at + 8] for at in range(0, len(log), 8)}

    def may_be_there(value: str) -> bool:
        ending = value[-15:]
        return len(ending) < 15 or any(ending[at : at + 8] in eighths for at in range(8))

    return [value for value in values if may_be_there(value) and value in log]


@pytest.mark.parametrize("value", ["pass-word 1", "0123456789abcde", "a-token-of-some-length"])
def test_a_secret_is_found_wherever_it_stands(value: str) -> None:
    for before in range(17):
        log = f"{'x' * before}{value}{'y' * 9}"
        assert found_in(log, [value, f"{value}!"]) == [value]


def is_read(http: httpx.Client, stack: RunningStack) -> None:
    """Return when all that was logged before is through the pipes."""
    request_id = f"e2e-{uuid4()}"
    http.get(f"{API}/health", headers={"X-Request-ID": request_id})
    lines_with(stack, "gateway", request_id)
    lines_with(stack, "api", request_id)


@pytest.mark.order(1)
def test_no_secret_is_in_any_log(
    http: httpx.Client, user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    """Looks for what all tests before used, and for a canary in every place of every operation.

    Ids in paths may be in the gateway's line of a request, and nowhere else.
    """
    planter = Planter(http, stack, sign_up(http))
    for operation in operations(ok(http.get("/api/openapi.json"))):
        planter.plant(operation)
    for path in ("/", "/missing.js", "/reset-password", f"{API}/nothing", "/docs"):
        http.get(path, params={"token": canary("query")}, headers={"Referer": canary("referer")})
    read_feed(http, user)
    title = canary("title")
    user.remind(user.add_task(title, description=canary("text")), at=instant(soon(1)))
    mailbox.wait(user.email, title)
    assert len(SECRETS) > 500, "the tests before remembered theirs"
    is_read(http, stack)
    for service in SERVICES:
        log = stack.log(service)
        assert not (leaked := found_in(log, SECRETS)), f"{service} logged secrets: {leaked}"
        if service != "gateway":
            assert not [value for value in planter.in_paths if value in log], service


@pytest.mark.order(1)
def test_no_secret_is_logged_while_the_api_is_away(http: httpx.Client, stack: RunningStack) -> None:
    planted = [canary("query") for _ in range(3)]
    stack.stop("api")
    try:
        for value in planted:
            answer = http.get(
                f"{API}/users/me/export", params={"token": value}, headers={"Referer": value}
            )
            assert answer.status_code == 503
    finally:
        stack.start("api")
        until(lambda: http.get(f"{API}/health/ready").is_success, "ready again", timeout=60)
    is_read(http, stack)
    assert not [value for value in planted if value in stack.log("gateway")]


def test_paths_have_ids_and_no_secrets(http: httpx.Client) -> None:
    """Paths are logged by every proxy on the way."""
    for operation in operations(ok(http.get("/api/openapi.json"))):
        for name in operation.names("path"):
            assert operation.schema_of(name)["format"] == "uuid", operation.label


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
