"""Talking to the API as its clients do, with helpers for what most tests need."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.e2e.waiting import until

API = "/api/v1"
PROBLEM = "application/problem+json"

SECRETS: set[str] = set()
"""Every password and token of this run: the last test looks for them in all logs."""


def secret(value: str) -> str:
    """Remember a value that may appear in no log."""
    SECRETS.add(value)
    return value


def ok(response: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer that must have this status; None for one without a body."""
    assert response.status_code == status, f"{_about(response)}, not {status}: {response.text}"
    return response.json() if response.content else None


def problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The body of an error, which must be a complete problem of this status and code."""
    assert response.status_code == status, f"{_about(response)}, not {status}: {response.text}"
    assert response.headers["content-type"].startswith(PROBLEM), _about(response)
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    assert code is None or body["code"] == code, f"{_about(response)}: {body}"
    return body


def _about(response: httpx.Response) -> str:
    request = response.request
    return f"{request.method} {request.url.path} answered {response.status_code}"


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Tokens:
    """What signing in answers."""

    access: str
    refresh: str | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Tokens":
        refresh = body["refresh_token"]
        return cls(secret(body["access_token"]), secret(refresh) if refresh else None)


@dataclass(frozen=True)
class User:
    """A signed-in user. Paths are relative to the API's base."""

    http: httpx.Client
    email: str
    password: str
    tokens: Tokens

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens.access}", **options.pop("headers", {})}
        return self.http.request(method, f"{API}{path}", headers=headers, **options)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.request("GET", path, params=query)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.request("POST", path, json=body, headers=headers)

    def patch(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, json=body, **options)

    def put(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return self.request("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def add_task(self, title: str = "Pay the rent", **fields: Any) -> dict[str, Any]:
        task: dict[str, Any] = ok(self.post("/tasks", {"title": title, **fields}), 201)
        return task

    def task(self, task_id: str) -> dict[str, Any]:
        task: dict[str, Any] = ok(self.get(f"/tasks/{task_id}"))
        return task

    def titles(self, **query: Any) -> list[str]:
        return [task["title"] for task in ok(self.get("/tasks", **query))["items"]]

    def remind(self, task: dict[str, Any], **when: Any) -> dict[str, Any]:
        """By e-mail, unless it says otherwise."""
        path = f"/tasks/{task['id']}/reminders"
        reminder: dict[str, Any] = ok(self.post(path, {"channels": ["email"]} | when), 201)
        return reminder

    def reminder(self, reminder: dict[str, Any]) -> dict[str, Any]:
        found = ok(self.get(f"/tasks/{reminder['task_id']}/reminders"))["items"]
        return next(one for one in found if one["id"] == reminder["id"])

    def deliveries(self, reminder: dict[str, Any]) -> list[dict[str, Any]]:
        """The attempts to deliver a reminder, the newest first."""
        found = ok(self.get(f"/reminders/{reminder['id']}/deliveries"))
        items: list[dict[str, Any]] = found["items"]
        return items

    def sent(self, reminder: dict[str, Any]) -> dict[str, Any]:
        """The last delivery of a reminder, once it is noted as sent."""

        def last() -> list[dict[str, Any]]:
            return [one for one in self.deliveries(reminder)[:1] if one["state"] == "sent"]

        return until(last, "the delivery is noted as sent")[0]


def new_credentials() -> dict[str, str]:
    """An address nobody has, and a password nobody would guess."""
    return {
        "email": f"ada-{secrets.token_hex(6)}@example.com",
        "password": secret(f"canary-{secrets.token_urlsafe(12)}"),
    }


def sign_up(http: httpx.Client, **fields: Any) -> User:
    """Make an account and sign in."""
    sent = {**new_credentials(), **fields}
    body = ok(http.post(f"{API}/auth/signup", json=sent), 201)
    return User(http, sent["email"], sent["password"], Tokens.of(body))
