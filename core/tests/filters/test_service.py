import asyncio
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_user, some_id
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.filters import service as filters
from taskbell.filters.errors import (
    FilterChangedError,
    FilterExistsError,
    FilterIdTakenError,
    FilterNotFoundError,
    TooManyFiltersError,
)
from taskbell.filters.models import SavedFilter
from taskbell.filters.schemas import FilterCreate, FilterPatch
from taskbell.filters.service import MOST_FILTERS
from taskbell.labels import service as labels
from taskbell.labels.schemas import LabelCreate, LabelPatch
from taskbell.tasks.parameters import TaskParameters

EVERYTHING: dict[str, Any] = {
    "status": "pending",
    "priority": "high",
    "list_id": "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a002",
    "label": ["Home", "日本"],
    "parent_id": "none",
    "due_before": "+7d",
    "due_after": "2026-11-20",
    "overdue": False,
    "has_due": True,
    "repeating": True,
    "archived": False,
    "trashed": False,
    "q": 'Zoë\'s "plants" & 100%',
    "sort": "-due",
}


async def a_filter(
    session: AsyncSession, owner: User, name: str = "Soon", **query: Any
) -> SavedFilter:
    new = FilterCreate.model_validate({"name": name, "query": query})
    return await filters.create_filter(session, owner_id=owner.id, new=new)


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ({}, {}),
        (EVERYTHING, EVERYTHING),
        ({"priority": None, "q": "x"}, {"q": "x"}),
        ({"due_before": "2026-11-20T10:00:00+01:00"}, {"due_before": "2026-11-20T09:00:00Z"}),
        ({"status": "all"}, {"status": "all"}),
    ],
)
async def test_a_query_is_kept_as_it_was_checked(
    session: AsyncSession, query: dict[str, Any], stored: dict[str, Any]
) -> None:
    user = await a_user(session)
    made = await a_filter(session, user, **query)
    await session.refresh(made)
    assert made.query == stored
    assert TaskParameters.model_validate(made.query) == TaskParameters.model_validate(query)


@pytest.mark.parametrize(
    "query",
    [
        {"unknown": 1},
        {"page": 1},
        {"per_page": 10},
        {"cursor": "x"},
        {"priority": "later"},
        {"due_before": "someday"},
        {"list_id": "inbox"},
        {"label": "home"},
        {"label": ["@home"]},
        {"label": ["x"] * 11},
        {"q": "x" * 201},
        {"q": "\x00"},
        {"sort": "password"},
    ],
    ids=str,
)
def test_what_is_no_query(query: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FilterCreate.model_validate({"name": "x", "query": query})


async def test_a_name_is_taken_however_it_is_written(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    made = await a_filter(session, ada, "Ärger")
    other = await a_filter(session, ada, "ﷺ" * 100)  # the longest key there is
    which: dict[str, Any] = {"owner_id": ada.id, "filter_id": other.id}
    for name in ("ÄRGER", "A\u0308rger"):
        with pytest.raises(FilterExistsError):
            async with session.begin_nested():
                await a_filter(session, ada, name)
        with pytest.raises(FilterExistsError):
            async with session.begin_nested():
                await filters.update_filter(session, **which, patch=FilterPatch(name=name))
    session.expunge(made)  # known here already, SQLAlchemy would warn
    new = FilterCreate(id=made.id, name="x", query=TaskParameters())
    with pytest.raises(FilterIdTakenError):
        async with session.begin_nested():
            await filters.create_filter(session, owner_id=bob.id, new=new)
    await a_filter(session, bob, "Ärger")


async def test_filters_are_in_the_order_in_which_they_were_made(session: AsyncSession) -> None:
    user = await a_user(session)
    for name in ("b", "c", "a"):
        await a_filter(session, user, name)
    found = await filters.list_filters(session, owner_id=user.id)
    assert [one.name for one in found] == ["b", "c", "a"]


async def test_only_ones_own_filters(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    hers = await a_filter(session, ada)
    for owner, filter_id in ((bob, hers.id), (ada, some_id())):
        which: dict[str, Any] = {"owner_id": owner.id, "filter_id": filter_id}
        for refused in (
            filters.get_filter(session, **which),
            filters.update_filter(session, **which, patch=FilterPatch(name="x")),
            filters.delete_filter(session, **which),
        ):
            with pytest.raises(FilterNotFoundError):
                await refused
    assert await filters.list_filters(session, owner_id=bob.id) == []
    assert len(await filters.list_filters(session, owner_id=ada.id)) == 1


async def test_only_what_differs_is_a_change(session: AsyncSession) -> None:
    user = await a_user(session)
    made = await a_filter(session, user, q="x")
    which: dict[str, Any] = {"owner_id": user.id, "filter_id": made.id}
    for patch, version in (
        ({}, 1),
        ({"name": "Soon", "query": {"q": "x"}, "color": None}, 1),
        ({"query": {"q": "x", "priority": None}}, 1),
        ({"query": {"q": "x", "priority": "low"}}, 2),
        ({"name": "SOON", "color": "#ABCDEF"}, 3),
        ({"query": {}}, 4),
    ):
        changed = await filters.update_filter(
            session, **which, patch=FilterPatch.model_validate(patch), if_version=made.version
        )
        assert changed.version == version, patch
    assert (changed.name, changed.query, changed.color) == ("SOON", {}, "#abcdef")
    with pytest.raises(FilterChangedError):
        await filters.update_filter(session, **which, patch=FilterPatch(name="x"), if_version=1)
    with pytest.raises(FilterChangedError):
        await filters.delete_filter(session, **which, if_version=1)
    await filters.delete_filter(session, **which, if_version=4)
    with pytest.raises(FilterNotFoundError):
        await filters.get_filter(session, **which)


async def test_there_are_so_many_filters_at_most(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        rows = [
            {"owner_id": user.id, "name": str(number), "name_key": str(number), "query": {},
             "position": ""}
            for number in range(MOST_FILTERS - 2)
        ]  # fmt: skip
        await session.execute(insert(SavedFilter), rows)

    async def add(number: int) -> bool:
        try:
            async with empty_database.transaction() as session:
                await a_filter(session, user, f"new {number}")
        except TooManyFiltersError:
            return False
        return True

    made = await asyncio.gather(*(add(number) for number in range(5)))
    assert made.count(True) == 2


async def test_a_filter_goes_on_finding_a_label_with_a_new_name(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    found = await a_filter(session, ada, "1", label=["x", "HOME"], status="pending")
    other = await a_filter(session, ada, "2", label=["homely"])
    none = await a_filter(session, ada, "3", q="home")
    foreign = await a_filter(session, bob, "1", label=["home"])
    label = await labels.create_label(session, owner_id=ada.id, new=LabelCreate(name="home"))
    which: dict[str, Any] = {"owner_id": ada.id, "label_id": label.id}
    await labels.update_label(session, **which, patch=LabelPatch(name="Zuhause"))
    for one in (found, other, none, foreign):
        await session.refresh(one)
    assert (found.query, found.version) == ({"label": ["x", "Zuhause"], "status": "pending"}, 2)
    assert [one.version for one in (other, none, foreign)] == [1, 1, 1]
    await labels.delete_label(session, **which)
    await session.refresh(found)
    assert (found.query["label"], found.version) == (["x", "Zuhause"], 2), "it finds nothing"
