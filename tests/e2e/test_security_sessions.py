"""Sessions and API tokens: listed, ended, stolen, and what they may do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.accounts import (
    api_token,
    is_shut_out,
    refresh,
    session_of,
    sessions_of,
    signed_in_again,
)
from tests.e2e.client import API, Tokens, User, instant, ok, problem, secret, soon
from tests.e2e.database import sql
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until

PARALLEL = 20


def of(user: User) -> str:
    """The condition of a row of a user's sessions, in SQL."""
    return f"user_id = (SELECT id FROM user_account WHERE email = '{user.email}')"  # noqa: S608


def test_sessions_are_listed_and_one_is_ended(user: User) -> None:
    phone = signed_in_again(user, **{"User-Agent": "Phone of Ada <b>"})
    task = user.add_task()
    listed = sessions_of(user)
    assert [one["current"] for one in listed].count(True) == 1
    assert "Phone of Ada" in {one["user_agent"][:12] for one in listed}
    assert all(one["address"] for one in listed)
    for hidden in ("token", "hash", "user_id"):
        assert hidden not in listed[0]

    ok(user.delete(f"/auth/sessions/{session_of(phone)}"), 204)
    is_shut_out(phone)
    for method, path, body in (
        ("GET", f"/tasks/{task['id']}", None),
        ("PATCH", f"/tasks/{task['id']}", {"title": "x"}),
        ("PATCH", f"/tasks/{task['id']}/complete", None),
        ("DELETE", f"/tasks/{task['id']}", None),
    ):
        problem(phone.request(method, path, json=body), 401, "invalid_token")
    assert user.task(task["id"]) == task
    assert len(sessions_of(user)) == 1


def test_all_other_sessions_are_ended(user: User) -> None:
    others = [signed_in_again(user) for _ in range(3)]
    ok(user.delete("/auth/sessions"), 204)
    for one in others:
        is_shut_out(one)
    ok(user.get("/tasks"))
    assert [one["current"] for one in sessions_of(user)] == [True]


def test_sessions_of_others_are_not_there(user: User, http: httpx.Client, new_user: Any) -> None:
    other = new_user()
    for session_id in (session_of(other), str(uuid4())):
        problem(user.delete(f"/auth/sessions/{session_id}"), 404, "session_not_found")
    ok(other.get("/tasks"))


def test_what_a_thief_of_a_token_wants_needs_the_password_again(
    user: User, stack: RunningStack
) -> None:
    earlier = "created_at = now() - interval '61 minutes'"
    sql(stack, f"UPDATE auth_session SET {earlier} WHERE {of(user)}")  # noqa: S608
    elsewhere = signed_in_again(user)
    token = {"name": "Script", "scopes": ["tasks:read"]}
    code = "reauthentication_required"
    problem(user.post("/tokens", token), 403, code)
    problem(user.delete("/auth/sessions"), 403, code)
    problem(user.delete(f"/auth/sessions/{session_of(elsewhere)}"), 403, code)
    problem(user.delete("/users/me"), 403, code)
    wrong = {"current_password": secret("canary-wrong-password")}
    problem(user.post("/auth/reauthenticate", wrong), 403, "wrong_password")
    problem(user.post("/tokens", token), 403, code)
    ok(user.post("/auth/reauthenticate", {"current_password": user.password}), 204)
    secret(ok(user.post("/tokens", token), 201)["token"])
    ok(user.delete("/auth/sessions"), 204)
    is_shut_out(elsewhere)


def test_a_refresh_token_that_comes_again_ends_its_session_at_once(
    http: httpx.Client, user: User, stack: RunningStack
) -> None:
    thief, elsewhere = user.tokens.refresh, signed_in_again(user)
    new = Tokens.of(ok(refresh(http, thief)))
    fresh = User(http, user.email, user.password, new)
    ok(fresh.get("/tasks"))
    # as if it had been spent a minute ago
    mine = f"SELECT id FROM auth_session WHERE {of(user)}"  # noqa: S608
    moved = "spent_at = spent_at - interval '1 minute'"
    sql(stack, f"UPDATE refresh_token SET {moved} WHERE session_id IN ({mine})")  # noqa: S608
    problem(refresh(http, thief), 401, "invalid_refresh_token")
    is_shut_out(fresh)
    is_shut_out(user)
    ok(elsewhere.get("/tasks"))


def test_twenty_refreshes_at_once_keep_one_family(
    http: httpx.Client, user: User, stack: RunningStack
) -> None:
    def once(_: int) -> httpx.Response:
        with httpx.Client(base_url=stack.gateway, timeout=15) as client:
            return refresh(client, user.tokens.refresh)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(once, range(PARALLEL)))
    given = [Tokens.of(ok(answer)) for answer in answers]
    assert len({tokens.refresh for tokens in given}) == 1
    for tokens in given:
        ok(User(http, user.email, user.password, tokens).get("/tasks"))
    assert len(sessions_of(user)) == 1
    Tokens.of(ok(refresh(http, given[0].refresh)))


def test_an_api_token_does_what_its_scopes_say(user: User, mailbox: Mailbox) -> None:
    reads = api_token(user, "tasks:read")
    task = user.add_task()
    assert reads.task(task["id"]) == task
    for refused in (
        reads.post("/tasks", {"title": "x"}),
        reads.patch(f"/tasks/{task['id']}", {"title": "x"}),
        reads.get("/users/me"),
        reads.patch("/users/me", {"name": "x"}),
        reads.get("/users"),
    ):
        problem(refused, 403, "insufficient_scope")
        assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    for refused in (
        reads.get("/tokens"),
        reads.post("/tokens", {"name": "More", "scopes": ["tasks:write"]}),
        reads.get("/auth/sessions"),
        reads.get("/users/me/export"),
        reads.delete("/users/me"),
        reads.post("/users/me/password", {"current_password": "x", "new_password": "y" * 12}),
    ):
        problem(refused, 403, "session_required")
    ok(api_token(user, "tasks:write").post("/tasks", {"title": "x"}), 201)
    mailbox.wait(user.email, "A new API token")
    listed = ok(user.get("/tokens"))["items"]
    assert len(listed) == 2
    assert all(reads.tokens.access not in str(one) for one in listed)
    # not even of an administrator's power, unless one is one
    wanted = {"name": "Root", "scopes": ["admin"]}
    problem(user.post("/tokens", wanted), 403, "scope_not_allowed")


def test_an_api_token_ends(user: User) -> None:
    revoked, brief = api_token(user, "tasks:read"), soon(2)
    expiring = api_token(user, "tasks:read", expires_at=instant(brief))
    ok(expiring.get("/tasks"))
    found = {one["prefix"]: one["id"] for one in ok(user.get("/tokens"))["items"]}
    (token_id,) = (found[prefix] for prefix in found if revoked.tokens.access.startswith(prefix))
    ok(user.delete(f"/tokens/{token_id}"), 204)
    problem(revoked.get("/tasks"), 401, "invalid_token")
    problem(user.delete(f"/tokens/{token_id}"), 404, "token_not_found")
    until(lambda: expiring.get("/tasks").status_code == 401, "it expires", timeout=5)


@pytest.mark.parametrize("path", [f"{API}/tasks", f"{API}/users/me", f"{API}/admin/stats"])
def test_tokens_come_in_the_header_only(user: User, path: str) -> None:
    """Not in the query (RFC 6750 §2.3): it would be in histories and logs."""
    for name in ("access_token", "token", "bearer"):
        problem(user.http.get(path, params={name: user.tokens.access}), 401, "unauthorized")
    cookies = {"Cookie": f"access_token={user.tokens.access}"}
    problem(user.http.get(path, headers=cookies), 401, "unauthorized")
