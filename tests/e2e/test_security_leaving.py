"""Taking one's data along, and leaving for good."""

import re
from typing import Any

import httpx

from tests.e2e.accounts import api_token, is_shut_out, log_in, signed_in_again, token_in
from tests.e2e.client import API, Tokens, User, instant, moment, ok, problem, secret, soon
from tests.e2e.database import sql
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until


def test_an_export_has_everything_and_nothing_secret(
    user: User, http: httpx.Client, new_user: Any, mailbox: Mailbox, stack: RunningStack
) -> None:
    task = user.add_task("Ünïcode “title”", description="a\nb", due_at=instant(soon(86_400)))
    user.remind(task, offset_minutes=5)
    script = api_token(user, "tasks:read")
    ok(user.delete(f"/tasks/{user.add_task('In the trash')['id']}"), 204)
    other = new_user()
    other.add_task("Of somebody else")
    assert ok(user.get("/users/me/export"), 202) == {"status": "accepted"}
    mail = mailbox.wait(user.email, "Your data is ready")
    token = token_in(mail, "export", stack.gateway)

    answer = user.get("/users/me/export", token=token)
    made = ok(answer)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["cache-control"] == "no-store"
    assert made["account"][0]["email"] == user.email
    assert {one["title"] for one in made["tasks"]} == {task["title"], "In the trash"}
    assert len(made["lists"]) == len(made["reminders"]) == 1
    assert [one["name"] for one in made["api_tokens"]] == ["Script"]
    assert made["sessions"]
    for hidden in ("hash", "argon2", script.tokens.access, user.password, "Of somebody else"):
        assert hidden not in answer.text

    problem(http.get(f"{API}/users/me/export", params={"token": token}), 401, "unauthorized")
    problem(other.get("/users/me/export", token=token), 422, "link_expired")
    problem(user.get("/users/me/export", token=token[:-1]), 422, "link_expired")
    assert user.get("/users/me/export", token=token).content == answer.content
    again = User(http, user.email, user.password, signed_in_again(user).tokens)
    ok(again.get("/users/me/export", token=token))


def leave(user: User) -> None:
    ok(user.request("DELETE", "/users/me", json={"current_password": user.password}), 204)


def test_who_leaves_is_out_at_once_and_back_by_signing_in(
    user: User, http: httpx.Client, mailbox: Mailbox
) -> None:
    task = user.add_task("Kept")
    script, phone = api_token(user, "tasks:read"), signed_in_again(user)
    reminder = user.remind(task, at=instant(soon(3)))
    wrong = {"current_password": secret("canary-wrong-password")}
    problem(user.request("DELETE", "/users/me", json=wrong), 403, "wrong_password")
    leave(user)
    for one in (user, phone):
        is_shut_out(one)
    problem(script.get("/tasks"), 401, "invalid_token")
    planned = mailbox.wait(user.email, "Your account will be deleted")
    until(lambda: soon(-2) > moment(reminder["next_fire_at"]), "a reminder would have come")
    assert mailbox.to(user.email, "Kept") == []
    assert re.search(r"\d\d:\d\d", planned.text), "it says until when"

    back = User(
        http, user.email, user.password,
        Tokens.of(ok(log_in(http, user.email, user.password))),
    )  # fmt: skip
    assert back.task(task["id"])["title"] == "Kept"
    mailbox.wait(user.email, "Your account stays")
    is_shut_out(user)
    problem(script.get("/tasks"), 401, "invalid_token")


def id_of(stack: RunningStack, user: User) -> str:
    return sql(stack, f"SELECT id FROM user_account WHERE email = '{user.email}'")  # noqa: S608


def purge_at_once(stack: RunningStack, account: str) -> None:
    """Run the job that purges an account now; return when it has ended."""
    which = f"kind = 'account.purge' AND payload->>'user_id' = '{account}'"
    sql(stack, f"UPDATE job SET run_at = now(), ticket_at = now() WHERE {which}")  # noqa: S608
    ended = f"SELECT count(*) FROM job WHERE state = 'done' AND {which}"  # noqa: S608
    until(lambda: sql(stack, ended) == "1", "the purge has run")


OWNED = {
    "user_account": "id", "auth_session": "user_id", "api_token": "user_id",
    "mailed_link": "user_id", "account_export": "user_id", "task_list": "owner_id",
    "task": "owner_id", "reminder": "owner_id",
}  # fmt: skip


def rows_of(stack: RunningStack, account: str) -> int:
    """How many rows of any table are somebody's."""
    counts = (
        f"(SELECT count(*) FROM {table} WHERE {column} = '{account}')"  # noqa: S608
        for table, column in OWNED.items()
    )
    return int(sql(stack, f"SELECT {' + '.join(counts)}"))


def test_after_the_grace_nothing_is_left(
    user: User, http: httpx.Client, mailbox: Mailbox, stack: RunningStack
) -> None:
    user.remind(user.add_task(due_at=instant(soon(86_400))), offset_minutes=5)
    api_token(user, "tasks:read")
    ok(user.get("/users/me/export"), 202)
    mailbox.wait(user.email, "Your data is ready")
    leave(user)
    account = id_of(stack, user)
    assert rows_of(stack, account) > len(OWNED) - 2, "all but what its owner cannot have now"
    over = "deletion_at = now()"
    sql(stack, f"UPDATE user_account SET {over} WHERE id = '{account}'")  # noqa: S608
    purge_at_once(stack, account)
    assert rows_of(stack, account) == 0
    problem(log_in(http, user.email, user.password), 401, "wrong_credentials")
    is_shut_out(user)
    again = {"email": user.email, "password": user.password}
    body = ok(http.post(f"{API}/auth/signup", json=again), 201)
    assert User(http, user.email, user.password, Tokens.of(body)).titles() == []


def test_who_came_back_is_not_purged(user: User, http: httpx.Client, stack: RunningStack) -> None:
    leave(user)
    Tokens.of(ok(log_in(http, user.email, user.password)))
    purge_at_once(stack, id_of(stack, user))
    Tokens.of(ok(log_in(http, user.email, user.password)))
