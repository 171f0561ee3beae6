"""Links in mails: they prove a mailbox, work once, and lead to nobody else's server."""

import secrets
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from functools import partial

import httpx
import pytest

from tests.e2e.accounts import api_token, is_shut_out, log_in, signed_in_again, token_in
from tests.e2e.client import (
    API,
    User,
    instant,
    new_credentials,
    ok,
    problem,
    secret,
    soon,
)
from tests.e2e.mailbox import Mail, Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until

RESET = "Choose a new password"
NEW_ADDRESS = "Confirm your new e-mail address"


def new_address() -> str:
    return new_credentials()["email"]


def new_password() -> str:
    return new_credentials()["password"]


def use(http: httpx.Client, token: str) -> httpx.Response:
    return http.post(f"{API}/auth/verify-email", json={"token": token})


def forget(http: httpx.Client, email: str, headers: dict[str, str] | None = None) -> None:
    sent = {"email": email}
    answer = http.post(f"{API}/auth/forgot-password", json=sent, headers=headers)
    assert ok(answer, 202) == {"status": "accepted"}


def reset(http: httpx.Client, token: str, password: str) -> httpx.Response:
    return http.post(f"{API}/auth/reset-password", json={"token": token, "password": password})


def test_the_welcome_confirms_the_address_once(
    http: httpx.Client, user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    assert ok(user.get("/users/me"))["email_verified"] is False
    ok(user.post("/auth/verify-email/resend"), 202)
    first = token_in(mailbox.wait(user.email, "Welcome"), "verify-email", stack.gateway)
    second = token_in(mailbox.wait(user.email, "Confirm"), "verify-email", stack.gateway)
    assert first != second
    ok(use(http, first), 204)
    assert ok(user.get("/users/me"))["email_verified"] is True
    problem(use(http, first), 422, "link_expired")
    ok(use(http, second), 204)
    problem(user.post("/auth/verify-email/resend"), 409, "email_already_verified")
    # a link is good for what it was mailed for only
    problem(reset(http, first, new_password()), 422, "link_expired")


def test_a_forgotten_password_is_replaced_and_everything_old_refused(
    http: httpx.Client, user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    program, elsewhere = api_token(user, "tasks:read", "account:read"), signed_in_again(user)
    ok(program.get("/tasks"))
    nobody = new_address()
    for email in (user.email, nobody):
        forget(http, email)
    token = token_in(mailbox.wait(user.email, RESET), "reset-password", stack.gateway)

    problem(reset(http, token, "password1234"), 422, "weak_password")
    chosen = new_password()
    ok(reset(http, token, chosen), 204)
    for one in (user, elsewhere):
        is_shut_out(one)
    problem(program.get("/tasks"), 401, "invalid_token")
    problem(log_in(http, user.email, user.password), 401, "wrong_credentials")
    problem(reset(http, token, new_password()), 422, "link_expired")
    ok(log_in(http, user.email, chosen))
    mailbox.wait(user.email, "Your password was set anew")
    assert mailbox.to(nobody) == []


def test_the_address_changes_when_the_new_one_is_proven(
    http: httpx.Client, user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    forget(http, user.email)
    old_link = token_in(mailbox.wait(user.email, RESET), "reset-password", stack.gateway)
    address = new_address()
    wrong = {"email": address, "current_password": secret("canary-wrong-password")}
    problem(user.post("/users/me/email", wrong), 403, "wrong_password")
    ok(user.post("/users/me/email", wrong | {"current_password": user.password}), 202)
    told = mailbox.wait(user.email, "Somebody wants to change your e-mail address")
    assert address not in told.text + told.html, "whoever reads the old mail learns no address"
    me = ok(user.get("/users/me"))
    assert (me["email"], me["pending_email"]) == (user.email, address)
    problem(log_in(http, address, user.password), 401, "wrong_credentials")

    token = token_in(mailbox.wait(address, NEW_ADDRESS), "verify-email", stack.gateway)
    ok(use(http, token), 204)
    me = ok(user.get("/users/me"))
    assert (me["email"], me["email_verified"], me["pending_email"]) == (address, True, None)
    mailbox.wait(user.email, "Your e-mail address was changed")
    problem(log_in(http, user.email, user.password), 401, "wrong_credentials")
    ok(log_in(http, address, user.password))
    problem(use(http, token), 422, "link_expired")
    problem(reset(http, old_link, new_password()), 422, "link_expired")


def test_an_address_of_somebody_else_is_neither_told_nor_taken(
    http: httpx.Client, user: User, other: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    sent = {"email": other.email, "current_password": user.password}
    ok(user.post("/users/me/email", sent), 202)
    token = token_in(mailbox.wait(other.email, NEW_ADDRESS), "verify-email", stack.gateway)
    problem(use(http, token), 409, "email_taken")
    assert ok(user.get("/users/me"))["email"] == user.email


@pytest.fixture
def other(new_user: Callable[..., User]) -> User:
    return new_user()


EVIL = "evil.example"
POISON = {
    "Host": {"Host": EVIL},
    "Host with a port": {"Host": f"{EVIL}:8080"},
    "X-Forwarded-Host": {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"},
    "Forwarded": {"Forwarded": f"for=192.0.2.1;host={EVIL};proto=https"},
    "others": {
        "X-Host": EVIL, "X-Forwarded-Server": EVIL, "X-Original-URL": f"https://{EVIL}/",
        "X-Forwarded-Prefix": f"//{EVIL}", "Referer": f"https://{EVIL}/",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", POISON)
def test_no_header_says_where_links_lead(
    http: httpx.Client, mailbox: Mailbox, stack: RunningStack, kind: str
) -> None:
    """Each mail with a link, asked for as a poisoner would ask."""
    headers, sent, address = POISON[kind], new_credentials(), new_address()
    body = ok(http.post(f"{API}/auth/signup", json=sent, headers=headers), 201)
    bearer = {"Authorization": f"Bearer {secret(body['access_token'])}", **headers}
    secret(body["refresh_token"])
    forget(http, sent["email"], headers)
    change = {"email": address, "current_password": sent["password"]}
    ok(http.post(f"{API}/users/me/email", json=change, headers=bearer), 202)
    ok(http.get(f"{API}/users/me/export", headers=bearer), 202)
    for to, subject, page in (
        (sent["email"], "Welcome", "verify-email"),
        (sent["email"], RESET, "reset-password"),
        (sent["email"], "Your data is ready", "export"),
        (address, NEW_ADDRESS, "verify-email"),
    ):
        token_in(mailbox.wait(to, subject), page, stack.gateway)
    for mail in (*mailbox.to(sent["email"]), *mailbox.to(address)):
        assert EVIL not in f"{mail.subject}{mail.text}{mail.html}{mail.headers}"


ENDINGS = ["\r\n", "\n", "\r", "\u2028", "\u0085", "%0d%0a"]
ENCODED = "=?utf-8?Q?Ada=0D=0ABcc:_{evil}?="


def injections(evil: str) -> list[str]:
    """Names that would add a recipient if they were put into a header as they are."""
    broken = [f"Ada{end}Bcc: {evil}{end}X-Injected: 1" for end in ENDINGS]
    return [*broken, ENCODED.format(evil=evil), f"Ada <{evil}>, x", f'"Ada" <{evil}>']


def arrived(mailbox: Mailbox, address: str, count: int) -> bool:
    return len(mailbox.to(address)) >= count


def to_one(mailbox: Mailbox, mail: Mail, address: str) -> None:
    """A mail has our headers only, and one recipient."""
    assert not {"bcc", "cc", "x-injected", "resent-to"} & {name.lower() for name in mail.headers}
    # before it is decoded: after that, anything may stand in a name
    to = message_from_bytes(mailbox.source(mail), policy=default)["to"]
    assert [one.addr_spec for one in to.addresses] == [address], to


def test_names_and_titles_add_nothing_to_the_headers_of_a_mail(
    http: httpx.Client, user: User, mailbox: Mailbox, stack: RunningStack
) -> None:
    token = token_in(mailbox.wait(user.email, "Welcome"), "verify-email", stack.gateway)
    ok(use(http, token), 204)  # from now on mails begin with the name
    evil = f"evil-{secrets.token_hex(6)}@example.com"
    sent = 1
    for text in injections(evil):
        named = user.patch("/users/me", {"name": text})
        signup = http.post(f"{API}/auth/signup", json=new_credentials() | {"name": text})
        task = user.post("/tasks", {"title": text})
        statuses = [answer.status_code for answer in (named, signup, task)]
        if statuses == [422, 422, 422]:
            continue
        assert statuses == [200, 201, 201], text
        forget(http, user.email)  # a mail with this name, and one with this title
        user.remind(task.json(), at=instant(soon(1)))
        sent += 2
        until(partial(arrived, mailbox, user.email, sent), f"the mails of {text}")
    assert sent > 3, "some are fine as names"
    for mail in mailbox.to(user.email):
        to_one(mailbox, mail, user.email)
    assert mailbox.to(evil) == []


ADDRESSES = [
    "{me}\r\nBcc: {evil}", "{me}\nBcc:{evil}", "{evil}, {me}", "{me},{evil}", "{me};{evil}",
    "Ada <{evil}>", "<{evil}>", '"a\r\nBcc: x"@example.com', "a@example.com\u2028Bcc: {evil}",
    "=?utf-8?Q?x=0D=0ABcc:_y?=@example.com", "{me}%0d%0aBcc:{evil}", "{evil} {me}",
]  # fmt: skip


def test_addresses_add_no_recipient(http: httpx.Client, user: User, mailbox: Mailbox) -> None:
    evil = f"evil-{secrets.token_hex(6)}@example.com"
    for form in ADDRESSES:
        address = form.format(me=user.email, evil=evil)
        signup = new_credentials() | {"email": address}
        problem(http.post(f"{API}/auth/signup", json=signup), 422)
        problem(http.post(f"{API}/auth/forgot-password", json={"email": address}), 422)
        change = {"email": address, "current_password": user.password}
        problem(user.post("/users/me/email", change), 422)
    assert mailbox.to(evil) == []
