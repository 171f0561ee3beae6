"""Statements without the ORM: parameters, types, and the connections they borrow."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from asyncpg import DataError, DivisionByZeroError
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Integer,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
)

from core.tests.make import a_user
from taskbell.accounts.models import User
from taskbell.db import METADATA, Database, is_unreachable
from taskbell.statements import Statement

USER = METADATA.tables[str(User.__tablename__)]
ADD = Statement(
    select(bindparam("a", type_=Integer()) + bindparam("b", type_=Integer()) + 10), into=int
)
BACKEND = Statement(select(func.pg_backend_pid()), into=int)


async def test_parameters_by_name(database: Database) -> None:
    assert await ADD.all(database, b=2, a=1) == [13]
    assert await ADD.first(database, a=0, b=0) == 10


@pytest.mark.parametrize("values", [{}, {"a": 1}, {"a": 1, "b": 2, "c": 3}])
async def test_wrong_parameters(database: Database, values: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"the parameters are \['a', 'b'\]"):
        await ADD.all(database, **values)


async def test_in_a_session_it_is_part_of_the_transaction(database: Database) -> None:
    name = Statement(
        select(USER.c.id, USER.c.name).where(USER.c.id == bindparam("id")),
        into=lambda *row: row,
    )
    async with database.transaction() as session:
        user = await a_user(session, name="Ada")
        assert await name.all(session, id=user.id) == [(user.id, "Ada")]
        assert await name.first(database, id=user.id) is None
        await session.rollback()


@pytest.mark.parametrize(
    "clause",
    [
        select(literal_column("array[]", ARRAY(JSON))),
        select(literal(1)).where(METADATA.tables["job"].c.payload == bindparam("payload")),
        select(literal(1)).where(USER.c.name.in_(bindparam("names", expanding=True))),
    ],
)
def test_what_sqlalchemy_would_convert_is_refused(clause: Any) -> None:
    with pytest.raises(TypeError):
        Statement(clause, into=lambda *row: row)


@pytest.fixture
async def small(database_url: str) -> Any:
    """A database with one connection only."""
    made = Database(database_url, application_name="tests", pool_size=1)
    yield made
    await made.close()


def sql(expression: str) -> Statement[Any]:
    column: ColumnElement[Any] = literal_column(expression)
    return Statement(select(column), into=lambda value: value)


async def test_one_connection_serves_them_all(small: Database) -> None:
    found = await asyncio.gather(*(BACKEND.first(small) for _ in range(20)))
    async with small.connection() as connection:
        assert {*found} == {await connection.scalar(text("SELECT pg_backend_pid()"))}


async def test_those_who_wait_are_served_in_order(small: Database) -> None:
    served = []

    async def ask(number: int) -> None:
        await ADD.first(small, a=number, b=0)
        served.append(number)

    await asyncio.gather(*(ask(number) for number in range(50)))
    assert served == list(range(50))


async def test_who_waits_too_long_is_told(small: Database) -> None:
    slow = asyncio.create_task(sql("pg_sleep(2)").first(small))
    await asyncio.sleep(0.05)
    with pytest.raises(TimeoutError) as raised:
        await ADD.first(small, a=1, b=1)
    assert is_unreachable(raised.value)
    await slow


async def test_an_error_keeps_the_connection(small: Database) -> None:
    before = await BACKEND.first(small)
    with pytest.raises(DivisionByZeroError) as raised:
        await sql("1 / 0").first(small)
    assert not is_unreachable(raised.value)
    assert await BACKEND.first(small) == before


async def test_a_connection_that_died_is_replaced_unseen(
    small: Database, database: Database
) -> None:
    """Postgres was restarted while nothing happened: the next request does not notice."""
    for _ in range(3):
        before = await BACKEND.first(small)
        # waits until it is gone, at most 5 s
        assert await sql(f"pg_terminate_backend({before}, 5000)").first(database)
        await asyncio.sleep(0.05)  # the loop reads that the connection is closed
        assert await BACKEND.first(small) != before


async def test_a_connection_that_dies_meanwhile_is_not_used_again(small: Database) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        await sql("pg_terminate_backend(pg_backend_pid())").first(small)
    assert is_unreachable(raised.value)
    assert await ADD.first(small, a=1, b=1) == 12


async def test_one_that_is_cut_off_leaves_no_half_read_answer(small: Database) -> None:
    before = await BACKEND.first(small)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await sql("pg_sleep(30)").first(small)
    assert await ADD.first(small, a=1, b=1) == 12
    assert await BACKEND.first(small) != before, "nobody knows what that connection still gets"


async def test_nothing_is_left_when_all_are_in_use(small: Database) -> None:
    async with small.connection() as connection:
        await connection.execute(text("SELECT 1"))
        with pytest.raises(TimeoutError) as raised:
            await ADD.first(small, a=1, b=1)
        assert is_unreachable(raised.value)
    assert await ADD.first(small, a=1, b=1) == 12


async def test_a_value_that_cannot_be_sent_is_our_fault(small: Database) -> None:
    echo = Statement(select(bindparam("value", type_=String())), into=str)
    for value in ("lone surrogate \udce9", 5, UUID(int=1)):
        with pytest.raises(DataError) as raised:
            await echo.first(small, value=value)
        assert not is_unreachable(raised.value), raised.value
    assert await echo.first(small, value="💚") == "💚"
