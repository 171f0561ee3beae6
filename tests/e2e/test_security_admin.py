"""Administrators: appointed on the server, obeyed at the next request, and never none."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.accounts import api_token, is_shut_out, log_in, signed_in_again, token_in
from tests.e2e.client import API, Tokens, User, new_credentials, ok, problem
from tests.e2e.database import make_admin, sql
from tests.e2e.mailbox import Mail, Mailbox
from tests.e2e.stacks import Compose, Embedded, RunningStack
from tests.e2e.waiting import until

ROOT = Path(__file__).parents[2]
NewUser = Callable[..., User]


def command(stack: RunningStack, email: str) -> str:
    """What `make admin email=…` says, run as one would on the server."""
    if isinstance(stack, Compose):
        return stack.run("exec", "-T", "api", "python", "-m", "taskbell_api.make_admin", email)
    assert isinstance(stack, Embedded)
    where = {"DATABASE_URL": stack._stack.database_url, "PUBLIC_URL": stack.gateway}
    done = subprocess.run(
        ["make", "--silent", "--no-print-directory", "admin", f"email={email}"],
        cwd=ROOT, env={**os.environ, **where}, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def admin(stack: RunningStack, new_user: NewUser) -> User:
    """The only administrator there is."""
    made = new_user(name="Grace")
    sql(stack, "UPDATE user_account SET role = 'user'")
    make_admin(stack, made.email)
    return made


def about(user: User) -> str:
    """The path of an account, for administrators."""
    return f"/users/{ok(user.get('/users/me'))['id']}"


def test_the_server_appoints_an_administrator(
    user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    problem(user.get("/users"), 403, "forbidden")
    problem(user.get("/admin/stats"), 403, "forbidden")
    said = command(stack, user.email.upper())
    assert f"{user.email} is an administrator" in said
    assert "nobody has confirmed that address" in said
    ok(user.get("/users"))
    ok(user.get("/admin/stats"))
    mailbox.wait(user.email, "Your role was changed")


def test_the_server_appoints_somebody_without_an_account(
    http: httpx.Client, stack: RunningStack
) -> None:
    new = new_credentials()
    said = command(stack, new["email"])
    printed = said[said.index("http") :].strip()
    # the line of the link, as a mail would have it
    shown = Mail("", "", printed, f'<a href="{printed}">', {}, 0)
    token = token_in(shown, "reset-password", stack.gateway)
    sent = {"token": token, "password": new["password"]}
    ok(http.post(f"{API}/auth/reset-password", json=sent), 204)
    tokens = Tokens.of(ok(log_in(http, new["email"], new["password"])))
    ok(User(http, new["email"], new["password"], tokens).get("/users"))


def test_a_role_counts_from_the_next_request_on(admin: User, user: User, mailbox: Mailbox) -> None:
    path = about(user)
    ok(admin.patch(path, {"role": "admin"}))
    assert ok(user.get("/users"))["items"]
    root = api_token(user, "admin", "tasks:read")
    ok(root.get("/admin/stats"))
    ok(admin.patch(path, {"role": "user"}))
    problem(user.get("/users"), 403, "forbidden")
    problem(root.get("/admin/stats"), 403, "forbidden")
    ok(root.get("/tasks"))
    for body in ({"email": "x@example.com"}, {"version": 9}, {"password_hash": "x"}):
        problem(admin.patch(path, body), 422)
    until(lambda: len(mailbox.to(user.email, "Your role was changed")) == 2, "both are told")


def test_nobody_makes_oneself_an_administrator(user: User) -> None:
    problem(user.patch("/users/me", {"role": "admin"}), 422)
    problem(user.patch(about(user), {"role": "admin"}), 403, "forbidden")
    signup = new_credentials() | {"role": "admin"}
    problem(user.http.post(f"{API}/auth/signup", json=signup), 422)


def test_who_is_disabled_is_out_at_the_next_request(
    admin: User, user: User, http: httpx.Client, mailbox: Mailbox
) -> None:
    path, phone, script = about(user), signed_in_again(user), api_token(user, "tasks:read")
    ok(admin.patch(path, {"is_active": False}))
    for one in (user, phone):
        is_shut_out(one)
    problem(script.get("/tasks"), 401, "invalid_token")
    problem(log_in(http, user.email, user.password), 401, "wrong_credentials")
    forgotten = {"email": user.email}
    ok(http.post(f"{API}/auth/forgot-password", json=forgotten), 202)
    mailbox.wait(user.email, "Your account was disabled")

    ok(admin.patch(path, {"is_active": True}))
    is_shut_out(user)
    ok(script.get("/tasks"))
    Tokens.of(ok(log_in(http, user.email, user.password)))
    mailbox.wait(user.email, "Your account works again")
    assert mailbox.to(user.email, "Choose a new password") == []


def test_an_administrator_signs_somebody_out(admin: User, user: User) -> None:
    phone = signed_in_again(user)
    ok(admin.delete(f"{about(user)}/sessions"), 204)
    for one in (user, phone):
        is_shut_out(one)
    problem(admin.delete(f"/users/{uuid4()}/sessions"), 404, "user_not_found")


def test_the_last_administrator_stays(admin: User, user: User) -> None:
    mine, password = about(admin), {"current_password": admin.password}
    for refused in (
        admin.patch(mine, {"role": "user"}),
        admin.patch(mine, {"is_active": False}),
        admin.request("DELETE", "/users/me", json=password),
    ):
        problem(refused, 409, "last_admin")
    ok(admin.get("/users"))
    # one who is leaving, or disabled, does not count as another one
    ok(admin.patch(about(user), {"role": "admin"}))
    ok(user.request("DELETE", "/users/me", json={"current_password": user.password}), 204)
    problem(admin.patch(mine, {"role": "user"}), 409, "last_admin")


def test_administrators_see_accounts_and_nothing_in_them(admin: User, user: User) -> None:
    task = user.add_task("Private")
    problem(admin.get(f"/tasks/{task['id']}"), 404, "task_not_found")
    shown = ok(admin.get("/users", q=user.email))["items"]
    assert [one["email"] for one in shown] == [user.email]
    assert not {"password_hash", "email_key", "tasks"} & set(shown[0])
    assert "Private" not in str(ok(admin.get("/admin/jobs", state="done", per_page=100)))


def rename(stack: RunningStack, account: str, email: str) -> None:
    sql(stack, f"UPDATE user_account SET email = '{email}' WHERE id = '{account}'")  # noqa: S608


def dead_jobs(admin: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(admin.get("/admin/jobs", kind="mail.verify"))["items"]
    return found


def test_a_dead_job_is_found_and_tried_again(
    admin: User, user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    """It dies of an address that no mail can have, and lives once that is mended."""
    broken = f"=?{uuid4()}?=@example.com"
    account = about(user).rpartition("/")[2]
    rename(stack, account, broken)
    known = {job["id"] for job in dead_jobs(admin)}
    ok(user.post("/auth/verify-email/resend"), 202)
    until(lambda: len(dead_jobs(admin)) > len(known), "the job is dead")
    (job,) = (one for one in dead_jobs(admin) if one["id"] not in known)
    assert (job["state"], job["kind"]) == ("dead", "mail.verify")
    assert job["last_error"]
    assert not {"payload", "lease_token"} & set(job)
    retry = f"/admin/jobs/{job['id']}/retry"
    problem(user.post(retry), 403, "forbidden")

    rename(stack, account, user.email)
    again = ok(admin.post(retry))
    assert (again["id"], again["state"], again["attempts"]) == (job["id"], "ready", 0)
    mailbox.wait(user.email, "Confirm your e-mail address")
    until(lambda: job["id"] not in {one["id"] for one in dead_jobs(admin)}, "it is alive")
    problem(admin.post(retry), 409, "job_not_dead")
    problem(admin.post(f"/admin/jobs/{uuid4()}/retry"), 404, "job_not_found")
