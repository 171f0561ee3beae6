"""Signing up, in and out."""

import httpx
import pytest

from tests.e2e.accounts import log_in, refresh
from tests.e2e.client import API, Tokens, User, new_credentials, ok, problem, secret
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until

COOKIE = "taskbell_refresh"


def test_signing_up_is_answered_and_welcomed(http: httpx.Client, mailbox: Mailbox) -> None:
    sent = new_credentials() | {"name": "Ada Löve", "time_zone": "Europe/Zurich"}
    body = ok(http.post(f"{API}/auth/signup", json=sent), 201)
    Tokens.of(body)
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 900
    assert body["user"]["email"] == sent["email"]
    assert body["user"]["time_zone"] == "Europe/Zurich"
    assert body["user"]["role"] == "user"
    mail = mailbox.wait(sent["email"], "")
    for form in (mail.text, mail.html):
        assert sent["email"] in form
        assert "Ada Löve" not in form, "the address may be that of a stranger"
        assert sent["password"] not in form
    assert "<h" in mail.html or "<p" in mail.html
    assert "<p" not in mail.text
    assert mail.headers["message-id"]


def test_the_welcome_links_to_where_it_is_reached(
    user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    mail = mailbox.wait(user.email, "")
    assert stack.gateway in mail.text
    assert f'href="{stack.gateway}"' in mail.html


def test_one_account_for_an_address(http: httpx.Client, user: User) -> None:
    again = new_credentials() | {"email": user.email.upper()}
    problem(http.post(f"{API}/auth/signup", json=again), 409, "email_taken")


def test_weak_passwords_are_refused(http: httpx.Client) -> None:
    common = new_credentials() | {"password": "password1234"}
    problem(http.post(f"{API}/auth/signup", json=common), 422, "weak_password")
    short = new_credentials() | {"password": secret("t00-sh0rt")}
    errors = problem(http.post(f"{API}/auth/signup", json=short), 422)["errors"]
    assert [one["field"] for one in errors] == ["body.password"]


def test_signing_in(http: httpx.Client, user: User) -> None:
    tokens = Tokens.of(ok(log_in(http, user.email, user.password)))
    me = ok(User(http, user.email, user.password, tokens).get("/users/me"))
    assert me["email"] == user.email


def test_unknown_and_wrong_look_the_same(http: httpx.Client, user: User) -> None:
    wrong = problem(log_in(http, user.email, secret("canary-wrong-password")), 401)
    unknown = problem(log_in(http, "nobody@example.com", user.password), 401)
    different = {"request_id"}
    assert {k: v for k, v in wrong.items() if k not in different} == {
        k: v for k, v in unknown.items() if k not in different
    }
    assert wrong["code"] == "wrong_credentials"


def test_changing_my_account(user: User) -> None:
    changed = ok(user.patch("/users/me", {"name": "Countess", "time_zone": "Asia/Kolkata"}))
    assert (changed["name"], changed["time_zone"]) == ("Countess", "Asia/Kolkata")
    assert ok(user.get("/users/me")) == changed


def test_refresh_tokens_rotate_and_their_reuse_ends_the_session(
    http: httpx.Client, user: User
) -> None:
    first = user.tokens.refresh
    second = Tokens.of(ok(refresh(http, first)))
    assert second.refresh not in {None, first}
    again = Tokens.of(ok(refresh(http, first)))
    assert again.refresh == second.refresh, "a lost answer may be asked for again at once"
    # A moment later it must have been stolen. The moment is 10 s.
    until(
        lambda: refresh(http, first).status_code == 401,
        "a spent refresh token is refused",
        timeout=20,
        poll=0.5,
    )
    problem(refresh(http, second.refresh), 401, "invalid_refresh_token")


def test_signing_out(http: httpx.Client, user: User) -> None:
    body = {"refresh_token": user.tokens.refresh}
    ok(http.post(f"{API}/auth/logout", json=body), 204)
    problem(refresh(http, user.tokens.refresh), 401, "invalid_refresh_token")
    ok(http.post(f"{API}/auth/logout", json=body), 204)


def test_unknown_refresh_tokens_are_refused(http: httpx.Client) -> None:
    problem(refresh(http, secret("canary-refresh-token")), 401, "invalid_refresh_token")
    problem(refresh(http, None), 401, "invalid_refresh_token")


class Browser:
    """What a browser does with the cookie, whatever page asks it to."""

    def __init__(self, http: httpx.Client, cookie: str) -> None:
        self.http = http
        self.cookie = secret(cookie)

    def post(self, path: str, origin: str | None) -> httpx.Response:
        headers = {"Cookie": f"{COOKIE}={self.cookie}"}
        if origin is not None:
            headers["Origin"] = origin
        return self.http.post(f"{API}{path}", headers=headers)


@pytest.fixture
def browser(http: httpx.Client, user: User, stack: RunningStack) -> Browser:
    form = {"username": user.email, "password": user.password}
    origin = {"Origin": stack.gateway}
    answer = http.post(f"{API}/auth/login?cookie=true", data=form, headers=origin)
    assert Tokens.of(ok(answer)).refresh is None
    value = answer.cookies[COOKIE]
    flags = answer.headers["set-cookie"].lower()
    for flag in ("httponly", "samesite=strict", f"path={API}/auth"):
        assert flag in flags
    http.cookies.clear()
    return Browser(http, value)


def test_the_cookie_works_from_our_page_only(browser: Browser, stack: RunningStack) -> None:
    for origin in (None, "null", "https://evil.example", stack.gateway + ".evil.example"):
        problem(browser.post("/auth/refresh", origin), 403, "origin_mismatch")
        problem(browser.post("/auth/logout", origin), 403, "origin_mismatch")
    answer = browser.post("/auth/refresh", stack.gateway)
    assert Tokens.of(ok(answer)).refresh is None
    assert secret(answer.cookies[COOKIE]) != browser.cookie
    browser.http.cookies.clear()


def test_signing_out_takes_the_cookie_back(browser: Browser, stack: RunningStack) -> None:
    answer = browser.post("/auth/logout", stack.gateway)
    ok(answer, 204)
    assert f"{COOKIE}=" in answer.headers["set-cookie"]
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    problem(browser.post("/auth/refresh", stack.gateway), 401, "invalid_refresh_token")


def test_other_sites_cannot_sign_their_visitors_in(http: httpx.Client, user: User) -> None:
    form = {"username": user.email, "password": user.password}
    evil = {"Origin": "https://evil.example"}
    answer = http.post(f"{API}/auth/login?cookie=true", data=form, headers=evil)
    problem(answer, 403, "origin_mismatch")
