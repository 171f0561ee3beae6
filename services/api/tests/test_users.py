"""One's own account."""

import pytest
from sqlalchemy import text

from taskbell.db import Database

from .conftest import Person, assert_problem


async def test_merge(ada: Person) -> None:
    changed = await ada.patch("/users/me", json={"name": "  Ada ", "time_zone": "Europe/Zurich"})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["version"]) == ("Ada", 2)
    assert (await ada.patch("/users/me", json={})).json()["name"] == "Ada"
    cleared = (await ada.patch("/users/me", json={"name": None})).json()
    assert (cleared["name"], cleared["time_zone"]) == ("", "Europe/Zurich")
    assert (await ada.get("/users/me")).json() == cleared


@pytest.mark.parametrize(
    "body",
    [
        {"time_zone": None},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"name": "   "},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"name": 1},
        {"role": "admin"},
        {"email": "other@example.com"},
        {"is_active": True},
    ],
    ids=str,
)
async def test_refused(ada: Person, body: dict[str, object]) -> None:
    problem = assert_problem(await ada.patch("/users/me", json=body), 422, "validation_failed")
    assert [one["field"] for one in problem["errors"]] == [f"body.{next(iter(body))}"]


async def test_a_token_outlives_its_user(ada: Person, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("DELETE FROM user_account WHERE id = :id"), {"id": ada.tokens["user"]["id"]}
        )
    assert_problem(await ada.get("/users/me"), 401, "invalid_token")
    assert_problem(await ada.patch("/users/me", json={"name": "x"}), 401, "invalid_token")
    assert (await ada.post("/tasks", json={"title": "x"})).status_code in {401, 404}
