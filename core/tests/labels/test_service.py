import asyncio
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_task, a_user, some_id
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.labels import changes
from taskbell.labels import service as labels
from taskbell.labels.changes import follows_labels
from taskbell.labels.errors import (
    LabelChangedError,
    LabelExistsError,
    LabelIdTakenError,
    LabelNotFoundError,
    TooManyLabelsError,
)
from taskbell.labels.models import Label
from taskbell.labels.schemas import LabelCreate, LabelPatch
from taskbell.labels.service import MOST_LABELS, resolve_names
from taskbell.locks import lock_tasks_of
from taskbell.tasks import service as tasks
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch


async def a_label(session: AsyncSession, owner: User, name: str = "home", **fields: Any) -> Label:
    new = LabelCreate(name=name, **fields)
    return await labels.create_label(session, owner_id=owner.id, new=new)


async def names_of(session: AsyncSession, owner: User) -> list[str]:
    return [one.name for one in await labels.list_labels(session, owner_id=owner.id)]


async def many(session: AsyncSession, owner: User, count: int) -> None:
    """Add labels, the quick way."""
    rows = [
        {"owner_id": owner.id, "name": f"label {number}", "name_key": f"label {number}"}
        for number in range(count)
    ]
    await session.execute(insert(Label), rows)


# --- names in tasks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["b", "a"], ["b", "a"]),
        (["B", "a", "b", "A", "b"], ["B", "a"]),
        (["Straße", "STRASSE", "strasse"], ["Straße"]),
        (["cafe\u0301", "Café"], ["cafe\u0301"]),
        (["a b", "A\u00a0 B"], ["a b"]),
        (["👩‍🌾", "日本"], ["👩‍🌾", "日本"]),
    ],
)
async def test_names_are_resolved_in_order_each_once(
    session: AsyncSession, names: list[str], expected: list[str]
) -> None:
    user = await a_user(session)
    for given in (names, names, [name.upper() for name in names]):
        assert await resolve_names(session, owner_id=user.id, names=given) == expected
    assert sorted(await names_of(session, user)) == sorted(expected)


async def test_a_name_is_written_as_its_label(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    await a_label(session, ada, "Home")
    given = ["new", "HOME", "other"]
    assert await resolve_names(session, owner_id=ada.id, names=given) == ["new", "Home", "other"]
    assert await resolve_names(session, owner_id=bob.id, names=["HOME"]) == ["HOME"]


async def test_resolving_makes_as_many_labels_as_there_may_be(session: AsyncSession) -> None:
    user = await a_user(session)
    await many(session, user, MOST_LABELS - 2)
    assert await resolve_names(session, owner_id=user.id, names=["Label 0", "x", "y", "X"]) == [
        "label 0", "x", "y"
    ]  # fmt: skip
    assert await resolve_names(session, owner_id=user.id, names=["X", "Y"]) == ["x", "y"]
    with pytest.raises(TooManyLabelsError) as refused:
        await resolve_names(session, owner_id=user.id, names=["x", "z"])
    assert refused.value.errors[0]["field"] == "body.labels"
    with pytest.raises(TooManyLabelsError):
        await a_label(session, user, "z")
    assert len(await names_of(session, user)) == MOST_LABELS


async def test_the_longest_names(session: AsyncSession) -> None:
    """The character with the longest key there is."""
    user = await a_user(session)
    assert await resolve_names(session, owner_id=user.id, names=["ﷺ" * 60, "💚" * 60]) == [
        "ﷺ" * 60, "💚" * 60
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", " ", "@home", "#home", "a\nb", "a\x00", "x" * 61, "\ud800"])
def test_what_no_label_is_called(name: str) -> None:
    with pytest.raises(ValidationError):
        LabelCreate(name=name)


# --- making and changing --------------------------------------------------------------------------


async def test_a_name_is_taken_however_it_is_written(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    made = await a_label(session, ada, "Straße", color="#AA00FF")
    assert (made.name, made.color, made.version) == ("Straße", "#aa00ff", 1)
    for name in ("Straße", "STRASSE", "ｓtrasse"):
        with pytest.raises(LabelExistsError):
            async with session.begin_nested():
                await a_label(session, ada, name)
    session.expunge(made)  # known here already, SQLAlchemy would warn
    with pytest.raises(LabelIdTakenError):
        async with session.begin_nested():
            await a_label(session, bob, "x", id=made.id)
    await a_label(session, bob, "Straße")


async def test_labels_are_shown_by_name(session: AsyncSession) -> None:
    user = await a_user(session)
    for name in ("b", "C", "a"):
        await a_label(session, user, name)
    assert await names_of(session, user) == ["a", "b", "C"]


async def test_only_ones_own_labels(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    hers = await a_label(session, ada)
    for owner, label_id in ((bob, hers.id), (ada, some_id())):
        which: dict[str, Any] = {"owner_id": owner.id, "label_id": label_id}
        for refused in (
            labels.get_label(session, **which),
            labels.update_label(session, **which, patch=LabelPatch(name="x")),
            labels.delete_label(session, **which),
        ):
            with pytest.raises(LabelNotFoundError):
                await refused
    assert await names_of(session, ada) == ["home"]


async def test_only_what_differs_is_a_change(session: AsyncSession) -> None:
    user = await a_user(session)
    label = await a_label(session, user)
    for patch, version in (
        (LabelPatch(), 1),
        (LabelPatch(name="home", color=None), 1),
        (LabelPatch(color="#112233"), 2),
        (LabelPatch(name="HOME"), 3),
        (LabelPatch(name="house", color=None), 4),
    ):
        changed = await labels.update_label(
            session, owner_id=user.id, label_id=label.id, patch=patch, if_version=label.version
        )
        assert changed.version == version
    assert (changed.name, changed.name_key, changed.color) == ("house", "house", None)
    with pytest.raises(LabelChangedError):
        await labels.update_label(
            session, owner_id=user.id, label_id=label.id, patch=LabelPatch(name="x"), if_version=1
        )
    with pytest.raises(LabelChangedError):
        await labels.delete_label(session, owner_id=user.id, label_id=label.id, if_version=1)


async def test_a_label_cannot_take_the_name_of_another(session: AsyncSession) -> None:
    user = await a_user(session)
    home, town = await a_label(session, user, "home"), await a_label(session, user, "town")
    task = await a_task(session, user, labels=["home"])
    with pytest.raises(LabelExistsError):
        async with session.begin_nested():
            await labels.update_label(
                session, owner_id=user.id, label_id=home.id, patch=LabelPatch(name="TOWN")
            )
    await session.refresh(task)
    assert task.label_names == "home"
    assert town.version == 1


async def test_a_new_name_is_put_on_every_task(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    label = await a_label(session, ada)
    one = await a_task(session, ada, labels=["a", "HOME", "b"])
    other = await a_task(session, ada, labels=["homely"])
    foreign = await a_task(session, bob, labels=["home"])
    patch = LabelPatch(name="Haus, groß")
    await labels.update_label(session, owner_id=ada.id, label_id=label.id, patch=patch)
    for task in (one, other, foreign):
        await session.refresh(task)
    assert (one.label_names, one.version) == ("a\nHaus, groß\nb", 2)
    assert (other.label_names, other.version) == ("homely", 1)
    assert (foreign.label_names, foreign.version) == ("home", 1)
    await labels.delete_label(session, owner_id=ada.id, label_id=label.id)
    await session.refresh(one)
    assert (one.label_names, one.version) == ("a\nb", 3)


async def test_followers_are_told_of_names_only(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[UUID, str, str | None]] = []
    monkeypatch.setattr(changes, "_followers", [])

    @follows_labels
    async def follow(session: AsyncSession, *, owner_id: UUID, old: str, new: str | None) -> None:
        told.append((owner_id, old, new))

    user = await a_user(session)
    label = await a_label(session, user)
    which: dict[str, Any] = {"owner_id": user.id, "label_id": label.id}
    for patch in (LabelPatch(color="#000000"), LabelPatch(name="home"), LabelPatch(name="Home")):
        await labels.update_label(session, **which, patch=patch)
    await labels.delete_label(session, **which)
    assert told == [(user.id, "home", "Home"), (user.id, "Home", None)]


# --- at the same time -----------------------------------------------------------------------------


async def test_many_tasks_at_once_make_each_label_once(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
    spellings = [["x", "Y", "z"], ["Z", "y", "X"], ["new", "x"], ["NEW"]]

    async def add(number: int) -> str:
        async with empty_database.transaction() as session:
            task = await a_task(session, user, labels=spellings[number % 4])
            return task.label_names

    made = await asyncio.gather(*(add(number) for number in range(12)))
    async with empty_database.transaction() as session:
        names = await names_of(session, user)
    assert len(names) == 4
    assert {name for one in made for name in one.split("\n")} == set(names)


async def test_of_labels_made_at_once_one_gets_the_name(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)

    async def add(name: str) -> bool:
        try:
            async with empty_database.transaction() as session:
                await a_label(session, user, name)
        except LabelExistsError:
            return False
        return True

    made = await asyncio.gather(*(add(name) for name in ("Ä", "ä", "A\u0308", "a\u0308")))
    assert made.count(True) == 1


async def test_as_many_labels_as_there_may_be_also_at_once(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        await many(session, user, MOST_LABELS - 3)

    async def add(number: int) -> int:
        names = [f"new {number}", "shared"]
        try:
            async with empty_database.transaction() as session:
                if number % 2:
                    await lock_tasks_of(session, owner_id=user.id)
                    await resolve_names(session, owner_id=user.id, names=names)
                else:
                    await a_label(session, user, names[0])
        except TooManyLabelsError:
            return 0
        return 1

    await asyncio.gather(*(add(number) for number in range(8)))
    async with empty_database.transaction() as session:
        assert len(await names_of(session, user)) == MOST_LABELS


@pytest.mark.parametrize("new", ["town", None])
async def test_no_task_keeps_a_name_that_is_just_going(
    empty_database: Database, new: str | None
) -> None:
    """Renaming and deleting, while tasks get the label and are changed."""
    async with empty_database.transaction() as session:
        user = await a_user(session)
        label = await a_label(session, user)
        old = [await a_task(session, user, labels=["home"]) for _ in range(4)]
        bare = [await a_task(session, user) for _ in range(4)]

    async def go() -> None:
        await asyncio.sleep(0.01)
        which: dict[str, Any] = {"owner_id": user.id, "label_id": label.id}
        async with empty_database.transaction() as session:
            if new is None:
                await labels.delete_label(session, **which)
            else:
                await labels.update_label(session, **which, patch=LabelPatch(name=new))

    async def add() -> None:
        async with empty_database.transaction() as session:
            await a_task(session, user, labels=["Home"])

    async def change(task: Task, patch: TaskPatch) -> None:
        async with empty_database.transaction() as session:
            await tasks.update_task(session, owner_id=user.id, task_id=task.id, patch=patch)

    await asyncio.gather(
        go(),
        *(add() for _ in range(4)),
        *(change(task, TaskPatch(labels=["HOME", "x"])) for task in bare),
        *(change(task, TaskPatch(title="y")) for task in old),
    )
    async with empty_database.transaction() as session:
        there = set(await names_of(session, user))
        used = await session.scalars(
            select(col(Task.label_names)).where(col(Task.label_names) != "")
        )
    assert {name for one in used for name in one.split("\n")} <= there
