"""Signing in, out and on, and the links that accounts are mailed."""

import re
from dataclasses import replace
from typing import Any

import httpx

from tests.e2e.client import API, Tokens, User, ok, problem, secret
from tests.e2e.mailbox import Mail


def log_in(
    http: httpx.Client, email: str, password: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    form = {"username": email, "password": password}
    return http.post(f"{API}/auth/login", data=form, headers=headers)


def signed_in_again(user: User, **headers: str) -> User:
    """The same user with one more session."""
    answer = log_in(user.http, user.email, user.password, headers)
    return replace(user, tokens=Tokens.of(ok(answer)))


def refresh(http: httpx.Client, token: str | None) -> httpx.Response:
    return http.post(f"{API}/auth/refresh", json={"refresh_token": token})


def token_in(mail: Mail, page: str, public_url: str) -> str:
    """The token of the one link to a page in a mail, which must lead to where we are reached."""
    found = re.findall(r"(\S+)#token=([\w-]+)", mail.text)
    assert [address for address, _ in found] == [f"{public_url}/{page}"], mail.text
    token = found[0][1]
    assert f'href="{public_url}/{page}#token={token}"' in mail.html
    return secret(token)


def api_token(user: User, *scopes: str, **fields: Any) -> User:
    """The same user with an API token of these scopes."""
    sent = {"name": "Script", "scopes": list(scopes), **fields}
    made = ok(user.post("/tokens", sent), 201)
    return replace(user, tokens=Tokens(secret(made["token"]), None))


def is_shut_out(user: User) -> None:
    """No request with the user's tokens is answered, and they get no new ones."""
    for method, path, body in (
        ("GET", "/tasks", None),
        ("POST", "/tasks", {"title": "x"}),
        ("GET", "/users/me", None),
        ("PATCH", "/users/me", {"name": "x"}),
        ("GET", "/auth/sessions", None),
    ):
        problem(user.request(method, path, json=body), 401, "invalid_token")
    if user.tokens.refresh is not None:
        answer = refresh(user.http, user.tokens.refresh)
        problem(answer, 401, "invalid_refresh_token")


def sessions_of(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(user.get("/auth/sessions"))["items"]
    return found


def session_of(user: User) -> str:
    """The id of the session that a user's tokens belong to."""
    (mine,) = (one["id"] for one in sessions_of(user) if one["current"])
    return str(mine)
