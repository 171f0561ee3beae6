"""Errors that no service foresaw, and what the caller is told."""

import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from taskbell.accounts.errors import EmailTakenError, InvalidTokenError
from taskbell.accounts.models import AuthSession, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import ConflictError, TaskbellError
from taskbell.ids import new_id
from taskbell_api import problems


async def test_races_are_no_server_errors(database: Database) -> None:
    key = new_id().hex
    for rows, expected in (
        ([AuthSession(user_id=new_id(), expires_at=now())], InvalidTokenError),
        ([User(email="x", email_key=key), User(email="y", email_key=key)], EmailTakenError),
    ):
        with pytest.raises(IntegrityError) as caught:
            async with database.transaction() as session:
                session.add_all(rows)
        assert type(problems.as_known(caught.value)) is expected


async def test_without_the_orm_they_are_the_same(database: Database) -> None:
    """asyncpg's own errors, as `Database.fetch` raises them."""
    async with database.transaction() as session:
        session.add(User(id=(known := new_id()), email="x", email_key=known.hex))
    add = "INSERT INTO task_list (id, owner_id, name, is_inbox, version, created_at, updated_at)"
    for statement, value, expected in (
        (f"{add} VALUES ($1, $1, 'x', false, 1, now(), now())", new_id(), InvalidTokenError),
        ("INSERT INTO user_account SELECT * FROM user_account WHERE id = $1", known, ConflictError),
    ):
        with pytest.raises(PostgresError) as caught:
            await database.fetch(statement, value)
        assert type(problems.as_known(caught.value)) is expected


async def test_a_zone_the_database_does_not_know(database: Database) -> None:
    with pytest.raises(PostgresError) as caught:
        await database.fetch("SELECT now() AT TIME ZONE $1", "Mars/Phobos")
    known = problems.as_known(caught.value)
    assert (known.status, known.code) == (422, "time_zone_unknown")


async def test_deadlocks_may_be_tried_again(database: Database) -> None:
    with pytest.raises(Exception, match="deadlock") as caught:
        async with database.transaction() as session:
            await session.execute(
                text("DO $$ BEGIN RAISE 'deadlock' USING ERRCODE = '40P01'; END $$")
            )
    known = problems.as_known(caught.value)
    assert (known.status, known.code, known.headers["Retry-After"]) == (503, "try_again", "1")


def test_bugs_say_nothing() -> None:
    known = problems.as_known(ValueError("a secret detail"))
    assert (known.status, known.code) == (500, "internal_error")
    assert "secret" not in known.detail


def test_every_code_is_a_word() -> None:
    def classes(one: type[TaskbellError]) -> list[type[TaskbellError]]:
        return [one, *(two for three in one.__subclasses__() for two in classes(three))]

    for one in classes(TaskbellError):
        assert one.code.replace("_", "").isalpha(), one
        assert one.code.islower(), one
        assert 400 <= one.status < 600, one
