"""One's own account: its address, its end, and a copy of everything in it."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.exports import service as exports

from .conftest import PASSWORD, NewPerson, Person, assert_problem
from .mailbox import jobs, mail_link, notices

PROOF = {"current_password": PASSWORD}


def fresh(person: Person) -> str:
    return f"new-{person.email}"


async def ask_to_change(person: Person, email: str) -> None:
    answer = await person.post("/users/me/email", json={"email": email, **PROOF})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})


async def verify(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post("/auth/verify-email", json={"token": token})


async def log_in(api: httpx.AsyncClient, email: str) -> httpx.Response:
    return await api.post("/auth/login", data={"username": email, "password": PASSWORD})


# --- profile --------------------------------------------------------------------------------------


async def test_locale_and_week_start(ada: Person) -> None:
    changed = await ada.patch("/users/me", json={"locale": "de-CH", "week_start": "sunday"})
    assert (changed.json()["locale"], changed.json()["week_start"]) == ("de-CH", "sunday")
    for body in ({"locale": "../.."}, {"locale": None}, {"week_start": "friday"}, {"locale": ""}):
        answer = await ada.patch("/users/me", json=body)
        assert answer.status_code == 422, answer.text
    assert (await ada.get("/users/me")).json() == changed.json()


@pytest.mark.parametrize("field", sorted({*User.model_fields, "email_verified", "has_password"}))
async def test_only_the_profile_can_be_set(ada: Person, field: str) -> None:
    """Whatever else an account has is refused, not left out."""
    before = (await ada.get("/users/me")).json()
    answer = await ada.patch("/users/me", json={field: before.get(field, True)})
    if field in {"name", "time_zone", "locale", "week_start"}:
        assert answer.status_code in {200, 422}  # the name is empty here
        return
    problem = assert_problem(answer, 422, "validation_failed")
    assert [one["type"] for one in problem["errors"]] == ["extra_forbidden"]
    assert (await ada.get("/users/me")).json() == before


# --- the address ----------------------------------------------------------------------------------


async def test_an_address_is_confirmed(ada: Person, database: Database) -> None:
    answer = await ada.post("/auth/verify-email/resend")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await jobs(database, ada) == [("mail.verify", {"user_id": ada.id, "change": False})]
    token = await mail_link(database, "verify_email", ada)
    assert (await verify(ada.api, token)).status_code == 204
    assert (await ada.get("/users/me")).json()["email_verified"]
    assert_problem(await verify(ada.api, token), 422, "link_expired")
    answer = await ada.post("/auth/verify-email/resend")
    assert_problem(answer, 409, "email_already_verified")


async def test_an_address_is_changed(ada: Person, database: Database) -> None:
    await ask_to_change(ada, fresh(ada))
    me = (await ada.get("/users/me")).json()
    assert (me["email"], me["pending_email"]) == (ada.email, fresh(ada))
    assert ("mail.verify", {"user_id": ada.id, "change": True}) in await jobs(database, ada)
    old_links = [
        await mail_link(database, "verify_email", ada),
        await mail_link(database, "reset_password", ada),
    ]
    assert (await verify(ada.api, await mail_link(database, "change_email", ada))).is_success
    me = (await ada.get("/users/me")).json()
    assert (me["email"], me["pending_email"], me["email_verified"]) == (fresh(ada), None, True)
    told = [("email_change_asked", ada.email), ("email_changed", ada.email)]
    assert await notices(database, ada) == told, "at the old address"
    assert_problem(await log_in(ada.api, ada.email), 401, "wrong_credentials")
    assert (await log_in(ada.api, fresh(ada))).status_code == 200
    assert_problem(await verify(ada.api, old_links[0]), 422, "link_expired")
    reset = {"token": old_links[1], "password": "another horse battery"}
    assert_problem(await ada.api.post("/auth/reset-password", json=reset), 422, "link_expired")


async def test_a_second_change_makes_the_first_link_useless(
    ada: Person, database: Database
) -> None:
    await ask_to_change(ada, fresh(ada))
    first = await mail_link(database, "change_email", ada)
    await ask_to_change(ada, f"2{fresh(ada)}")
    late = await mail_link(database, "change_email", ada, to=fresh(ada))
    second = await mail_link(database, "change_email", ada)
    for token in (first, late):  # also one that the worker only then got round to mail
        assert_problem(await verify(ada.api, token), 422, "link_expired")
    assert (await verify(ada.api, second)).status_code == 204
    assert (await ada.get("/users/me")).json()["email"] == f"2{fresh(ada)}"


async def test_an_address_that_somebody_has_by_now(
    ada: Person, bob: Person, database: Database
) -> None:
    """Asked for, nobody is told whether it is somebody's; who reads its mail may know."""
    await ask_to_change(ada, bob.email.upper())
    token = await mail_link(database, "change_email", ada)
    for _ in range(2):  # the link is not spent by that
        assert_problem(await verify(ada.api, token), 409, "email_taken")
    assert (await ada.get("/users/me")).json()["email"] == ada.email
    assert (await bob.get("/users/me")).json()["email"] == bob.email


async def test_of_several_who_want_an_address_at_once_one_gets_it(
    new_person: NewPerson, database: Database
) -> None:
    people = [await new_person() for _ in range(5)]
    wanted = fresh(people[0])
    for person in people:
        await ask_to_change(person, wanted)
    tokens = [await mail_link(database, "change_email", person) for person in people]
    answers = await asyncio.gather(*(verify(people[0].api, token) for token in tokens))
    assert sorted(one.status_code for one in answers) == [204, 409, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "email_taken")


async def test_one_may_change_the_spelling_of_ones_own_address(
    ada: Person, database: Database
) -> None:
    spelling = ada.email.partition("@")[0].upper() + "@example.com"
    await ask_to_change(ada, spelling)
    assert (await verify(ada.api, await mail_link(database, "change_email", ada))).is_success
    assert (await ada.get("/users/me")).json()["email"] == spelling


async def test_a_change_needs_the_password(ada: Person, database: Database) -> None:
    body = {"email": fresh(ada), "current_password": "wrong horse battery"}
    assert_problem(await ada.post("/users/me/email", json=body), 403, "wrong_password")
    assert (await jobs(database, ada), await notices(database, ada)) == ([], [])


# --- deletion -------------------------------------------------------------------------------------


async def test_a_deleted_account_is_refused_at_once(
    ada: Person, other_device: Person, database: Database
) -> None:
    program = await ada.program("tasks:read", "account:read")
    token = await mail_link(database, "reset_password", ada)
    await ada.task()
    answer = await ada.request("DELETE", "/users/me", json=PROOF)
    assert answer.status_code == 204
    for former in (ada, other_device, program):
        assert_problem(await former.get("/users/me"), 401, "invalid_token")
        assert_problem(await former.get("/tasks"), 401, "invalid_token")
    old = {"refresh_token": ada.tokens["refresh_token"]}
    assert_problem(await ada.api.post("/auth/refresh", json=old), 401, "invalid_refresh_token")
    reset = {"token": token, "password": "another horse battery"}
    assert_problem(await ada.api.post("/auth/reset-password", json=reset), 422, "link_expired")
    kinds = [kind for kind, _ in await jobs(database, ada)]
    assert "account.purge" in kinds
    assert [name for name, _ in await notices(database, ada)][-1] == "deletion_planned"


async def test_signing_in_takes_a_deletion_back(ada: Person, database: Database) -> None:
    task = await ada.task()
    assert (await ada.request("DELETE", "/users/me", json=PROOF)).status_code == 204
    answer = await ada.api.post("/auth/login", data={"username": ada.email, "password": "wrong"})
    assert_problem(answer, 401, "wrong_credentials")
    back = Person(ada.api, ada.email, (await log_in(ada.api, ada.email)).json())
    assert (await back.get(f"/tasks/{task['id']}")).json()["title"] == task["title"]
    assert_problem(await ada.get("/tasks"), 401, "invalid_token")
    assert [name for name, _ in await notices(database, ada)][-1] == "account_kept"
    async with database.transaction() as session:  # what the job of the deletion finds
        assert await exports.purge_account(session, user_id=back.tokens["user"]["id"], most=10)
    assert (await back.get("/users/me")).status_code == 200


async def test_after_a_week_nothing_is_left(ada: Person, database: Database) -> None:
    await ada.task()
    assert (await ada.request("DELETE", "/users/me", json=PROOF)).status_code == 204
    async with database.transaction() as session:
        moved = {"moment": now(), "user": ada.id}
        await session.execute(
            text("UPDATE user_account SET deletion_at = :moment WHERE id = :user"), moved
        )
        assert await exports.purge_account(session, user_id=ada.tokens["user"]["id"], most=10)
    assert_problem(await log_in(ada.api, ada.email), 401, "wrong_credentials")
    body = {"email": ada.email, "password": PASSWORD}
    assert (await ada.api.post("/auth/signup", json=body)).status_code == 201


async def test_a_deletion_needs_the_password(ada: Person) -> None:
    wrong = {"current_password": "wrong horse battery"}
    answer = await ada.request("DELETE", "/users/me", json=wrong)
    assert_problem(answer, 403, "wrong_password")
    assert (await ada.get("/users/me")).status_code == 200


# --- export ---------------------------------------------------------------------------------------


async def test_an_export(ada: Person, bob: Person, database: Database) -> None:
    task = await ada.task(title="Mine", due_at="2030-01-31T09:00:00Z")
    await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 5})
    await bob.task(title="Bob's own")
    for _ in range(3):  # asked for often, it is made once
        assert (await ada.get("/users/me/export")).status_code == 202
    assert [kind for kind, _ in await jobs(database, ada)] == ["account.export"]
    async with database.transaction() as session:
        await exports.make(session, user_id=ada.tokens["user"]["id"])
    token = await mail_link(database, "export", ada)
    for _ in range(2):
        answer = await ada.get(f"/users/me/export?token={token}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-disposition"].startswith('attachment; filename="taskbell-')
    document: dict[str, Any] = json.loads(answer.content)
    assert [one["title"] for one in document["tasks"]] == ["Mine"]
    assert len(document["reminders"]) == 1
    assert [one["email"] for one in document["account"]] == [ada.email]
    assert "hash" not in answer.text
    assert_problem(await bob.get(f"/users/me/export?token={token}"), 422, "link_expired")
    anonymous = await ada.api.get(f"/users/me/export?token={token}")
    assert_problem(anonymous, 401, "unauthorized")


async def test_no_export_without_its_link(ada: Person, database: Database) -> None:
    other = await mail_link(database, "reset_password", ada)
    good = await mail_link(database, "export", ada)  # but nothing was made
    for token in ("x", other, good):
        answer = await ada.get(f"/users/me/export?token={token}")
        problem = assert_problem(answer, 422, "link_expired")
        assert [one["field"] for one in problem["errors"]] == ["query.token"]


async def test_a_leaving_account_cannot_be_exported(
    new_person: NewPerson, database: Database
) -> None:
    person = await new_person()
    token = await mail_link(database, "export", person)
    assert (await person.request("DELETE", "/users/me", json=PROOF)).status_code == 204
    answer = await person.get(f"/users/me/export?token={token}")
    assert_problem(answer, 401, "invalid_token")
