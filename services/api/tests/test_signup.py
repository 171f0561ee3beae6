"""What an account may be made with: passwords, addresses, names, and nothing else."""

import json
from typing import Any

import httpx
import pytest

from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.ids import new_id

from .conftest import JSON, PASSWORD, Person, assert_problem
from .mailbox import jobs


def fresh() -> str:
    return f"{new_id().hex}@example.com"


async def sign_up(api: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await api.post("/auth/signup", json={"email": fresh(), "password": PASSWORD} | changes)


async def log_in(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> int:
    form = {"username": email, "password": password}
    return (await api.post("/auth/login", data=form)).status_code


# --- passwords ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("x7#Kq9!mZp2", 422),
        ("x7#Kq9!mZp2$", 201),
        ("x7#Kq9!mZp2$" * 5 + "4321", 201),  # 64
        ("äöü€" * 31 + "x7#K", 201),  # 128, more bytes than that
        ("äöü€" * 32 + "x", 422),
    ],
)
async def test_a_password_has_12_to_128_characters(
    api: httpx.AsyncClient, ada: Person, password: str, status: int
) -> None:
    assert (await sign_up(api, password=password)).status_code == status
    change = {"current_password": PASSWORD, "new_password": password}
    answer = await ada.post("/users/me/password", json=change)
    assert answer.status_code == {201: 204}.get(status, status)


@pytest.mark.parametrize(
    ("password", "others"),
    [
        (" spaces around it ", ["spaces around it", " spaces around it", "spaces around it "]),
        ("Ünïcödé passwords", ["U\u0308nïcödé passwords", "ünïcödé passwords"]),
        ("ﬁne ligature, that", ["fine ligature, that"]),
        ("tabs\tand\nlines too", ["tabs and lines too", "tabs\tand"]),
        ("x7#Kq9!m" + "Zp2$" * 30, ["x7#Kq9!m" + "Zp2$" * 16, "x7#Kq9!m" + "Zp2$" * 29]),
        ("💚💙💜🧡🖤🤍 and words", ["💚💙💜🧡🖤 and words"]),
    ],
)
async def test_a_password_counts_as_typed(
    api: httpx.AsyncClient, password: str, others: list[str]
) -> None:
    email = fresh()
    assert (await sign_up(api, email=email, password=password)).status_code == 201
    assert await log_in(api, email, password) == 200
    for other in others:
        assert await log_in(api, email, other) == 401


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "spelt"),
    [
        ("{n}@example.com", "{N}@EXAMPLE.COM"),
        ("{n}@example.com", "{n}@Example.Com"),
        ("{n}@example.com", "\uff41{n}@example.com"),  # fullwidth a
        ("{n}ss@example.com", "{n}ß@example.com"),
        ("{n}ﬁ@example.com", "{n}fi@example.com"),
        ("{n}@bücher.example.com", "{n}@xn--bcher-kva.example.com"),
        ("{n}@bücher.example.com", "{n}@BÜCHER.example.com"),
        ("{n}\u00e9@example.com", "{n}e\u0301@example.com"),
    ],
)
async def test_an_address_is_one_in_every_spelling(
    api: httpx.AsyncClient, known: str, spelt: str
) -> None:
    mark = new_id().hex
    if spelt.startswith("\uff41"):
        known = "a{n}@example.com"
    known, spelt = (one.format(n=mark, N=mark.upper()) for one in (known, spelt))
    assert (await sign_up(api, email=known)).status_code == 201
    assert_problem(await sign_up(api, email=spelt), 409, "email_taken")
    assert await log_in(api, spelt) == 200
    assert await log_in(api, f"  {spelt} ") == 200
    assert await log_in(api, spelt, "wrong horse battery") == 401


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("{n}a@example.com", "{n}\u0430@example.com"),  # Cyrillic: looks the same
        ("{n}i@example.com", "{n}\u0131@example.com"),  # dotless
        ("{n}@example.com", "{n}@examp1e.com"),
        ("{n}x@example.com", "{n}.x@example.com"),
        ("{n}@example.com", "{n}+tag@example.com"),
    ],
)
async def test_what_only_looks_alike_is_another(
    api: httpx.AsyncClient, known: str, other: str
) -> None:
    """Mail to it reaches somebody else: it must not open the account."""
    mark = new_id().hex
    known, other = known.format(n=mark), other.format(n=mark)
    assert (await sign_up(api, email=known)).status_code == 201
    assert await log_in(api, other) == 401
    assert (await sign_up(api, email=other)).status_code == 201


BAD_ADDRESSES = [
    "", "x", "@", "a@", "@example.com", "a b@example.com", "a@b@example.com", "a@example",
    "a@example.com\r\nBcc: x@example.com", "a\r\n@example.com", "a\x00@example.com",
    "Ada <a@example.com>", "a@example.com, b@example.com", "a@[127.0.0.1]", "a@example..com",
    "=?utf-8?q?a?=@example.com", '"a\r\nb"@example.com', "a@exam\u200bple.com",
    f"{'x' * 250}@example.com", "a\u2028@example.com", "\ud800@example.com",
]  # fmt: skip


@pytest.mark.parametrize("email", BAD_ADDRESSES, ids=ascii)
async def test_addresses_that_are_none(api: httpx.AsyncClient, ada: Person, email: str) -> None:
    body = {"password": PASSWORD, "current_password": PASSWORD, "email": email}
    for path, fields in (
        ("/auth/signup", ("email", "password")),
        ("/users/me/email", ("email", "current_password")),
        ("/auth/forgot-password", ("email",)),
    ):
        # as ASCII: half a character cannot be sent otherwise
        content = json.dumps({name: body[name] for name in fields})
        answer = await ada.post(path, content=content, headers=JSON)
        problem = assert_problem(answer, 422, "validation_failed")
        assert {one["field"] for one in problem["errors"]} == {"body.email"}


@pytest.mark.parametrize("around", ["{} ", "\t{}", "{}\u2028"], ids=ascii)
async def test_space_around_an_address_is_not_part_of_it(
    api: httpx.AsyncClient, around: str
) -> None:
    email = fresh()
    answer = await sign_up(api, email=around.format(email))
    assert answer.json()["user"]["email"] == email


# --- names and everything else --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: x@example.com", "Ada\n", "\r", "a\x00b", "a\x1bb", "a\u2028b", "a\u2029b",
        "a\x7fb", "x" * 101, " ", "",
    ],
    ids=ascii,
)  # fmt: skip
async def test_names_that_are_none(api: httpx.AsyncClient, ada: Person, name: str) -> None:
    if name == "Ada\n":  # at the ends it is only space
        assert (await sign_up(api, name=name)).json()["user"]["name"] == "Ada"
        return
    for answer in (
        await sign_up(api, name=name),
        await ada.patch("/users/me", json={"name": name}),
    ):
        problem = assert_problem(answer, 422, "validation_failed")
        assert [one["field"] for one in problem["errors"]] == ["body.name"]


@pytest.mark.parametrize(
    "field",
    sorted({*User.model_fields, "email_verified"} - {"email", "name", "time_zone"}),
)
async def test_nothing_else_can_be_set(api: httpx.AsyncClient, field: str) -> None:
    email = fresh()
    for value in (True, "admin", 1):
        answer = await sign_up(api, email=email, **{field: value})
        problem = assert_problem(answer, 422, "validation_failed")
        assert [one["type"] for one in problem["errors"]] == ["extra_forbidden"]
    assert await log_in(api, email) == 401


async def test_a_new_account_is_nobody_special(api: httpx.AsyncClient, database: Database) -> None:
    """And what the welcome says of our address comes from our own settings."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    body = {"email": fresh(), "password": PASSWORD}
    answer = await api.post("/auth/signup", json=body, headers=headers)
    user = answer.json()["user"]
    assert (user["role"], user["email_verified"], user["version"]) == ("user", False, 1)
    person = Person(api, body["email"], answer.json())
    assert await jobs(database, person) == [("mail.welcome", {"user_id": user["id"]})]
    assert "evil" not in answer.text
