"""Operations that ask people once more who they are: by password, or one given within the hour."""

import pytest
from sqlalchemy import text

from taskbell.accounts.callers import RECENT
from taskbell.db import Database

from .conftest import Belongings, NewPerson, Person, assert_problem
from .operations import OPERATIONS, PASSWORD, SECURITY, Operation
from .test_authorisation import call, name

PERSONAL = [one for one in OPERATIONS if one.permission == SECURITY]


async def age_session(database: Database, person: Person) -> None:
    """Let the time pass for which a password counts as given lately."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE auth_session SET created_at = created_at - CAST(:age AS interval),"
                " proven_at = proven_at - CAST(:age AS interval) WHERE user_id = :user"
            ),
            {"age": RECENT, "user": person.id},
        )


def without_body(operation: Operation) -> Operation:
    return Operation(operation.method, operation.path, success=operation.success)


@pytest.mark.parametrize("operation", PERSONAL, ids=name)
async def test_what_needs_proof(
    ada: Person, belongings: Belongings, database: Database, operation: Operation
) -> None:
    """What the table says needs none needs none; the rest is refused without."""
    ids = await belongings(ada, operation)
    await age_session(database, ada)
    match operation.proof:
        case None:
            answer = await call(ada, operation, ids)
            assert answer.status_code == operation.success, answer.text
        case "password":
            wrong = {**(operation.body or {}), "current_password": "wrong horse battery"}
            answer = await ada.request(operation.method, operation.url(ids), json=wrong)
            problem = assert_problem(answer, 403, "wrong_password")
            assert [one["field"] for one in problem["errors"]] == ["body.current_password"]
            missing = {key: value for key, value in wrong.items() if key != "current_password"}
            answer = await ada.request(operation.method, operation.url(ids), json=missing)
            assert_problem(answer, 422, "validation_failed")
        case "recent":
            assert_problem(await call(ada, operation, ids), 403, "reauthentication_required")
        case "either":
            answer = await call(ada, without_body(operation), ids)
            assert_problem(answer, 403, "reauthentication_required")
            answer = await call(ada, operation, ids)
            assert answer.status_code == operation.success, answer.text


@pytest.mark.parametrize(
    "operation", [one for one in PERSONAL if one.proof in {"recent", "either"}], ids=name
)
async def test_a_password_given_again_does_for_an_hour(
    ada: Person, belongings: Belongings, database: Database, operation: Operation
) -> None:
    operation = operation if operation.proof == "recent" else without_body(operation)
    ids = await belongings(ada, operation)
    await age_session(database, ada)
    proof = {"current_password": PASSWORD}
    assert (await ada.post("/auth/reauthenticate", json=proof)).status_code == 204
    await age_session(database, ada)
    assert_problem(await call(ada, operation, ids), 403, "reauthentication_required")
    assert (await ada.post("/auth/reauthenticate", json=proof)).status_code == 204
    answer = await call(ada, operation, ids)
    assert answer.status_code == operation.success, answer.text


async def test_it_does_for_this_session_only(
    ada: Person, database: Database, other_device: Person
) -> None:
    await age_session(database, ada)
    proof = {"current_password": PASSWORD}
    assert (await ada.post("/auth/reauthenticate", json=proof)).status_code == 204
    body = {"name": "x", "scopes": ["tasks:read"]}
    answer = await other_device.post("/tokens", json=body)
    assert_problem(answer, 403, "reauthentication_required")
    assert (await ada.post("/tokens", json=body)).status_code == 201


async def test_a_wrong_password_proves_nothing(ada: Person, database: Database) -> None:
    await age_session(database, ada)
    answer = await ada.post("/auth/reauthenticate", json={"current_password": "wrong"})
    assert_problem(answer, 403, "wrong_password")
    answer = await ada.post("/tokens", json={"name": "x", "scopes": ["tasks:read"]})
    assert_problem(answer, 403, "reauthentication_required")


async def test_refreshing_is_no_proof(ada: Person, database: Database) -> None:
    await age_session(database, ada)
    answer = await ada.api.post(
        "/auth/refresh", json={"refresh_token": ada.tokens["refresh_token"]}
    )
    refreshed = Person(ada.api, ada.email, answer.json())
    answer = await refreshed.post("/tokens", json={"name": "x", "scopes": ["tasks:read"]})
    assert_problem(answer, 403, "reauthentication_required")


@pytest.mark.parametrize("operation", [one for one in PERSONAL if one.proof], ids=name)
async def test_who_has_no_password_is_told_so(
    new_person: NewPerson, belongings: Belongings, database: Database, operation: Operation
) -> None:
    """Accounts of other sign-in services: a link to a new password is their way."""
    person = await new_person(password_hash=None)
    ids = await belongings(person, operation)
    await age_session(database, person)
    answer = await call(person, operation, ids)
    if operation.proof == "recent":
        assert_problem(answer, 403, "reauthentication_required")
    else:
        assert_problem(answer, 409, "no_password")
