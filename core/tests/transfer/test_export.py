"""Exports: whole, safe in spreadsheets, and taken back as they were."""

import csv
import json
import random
import tracemalloc
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_list, a_reminder, a_task, a_user
from core.tests.transfer.importing import counts, run
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.labels.models import Label
from taskbell.lists import service as lists
from taskbell.lists.models import TaskList
from taskbell.lists.schemas import ListPatch
from taskbell.reminders.models import Reminder
from taskbell.tasks import completion, trash
from taskbell.tasks import service as tasks
from taskbell.tasks.models import Task, TaskCompletion
from taskbell.tasks.schemas import TaskCreate
from taskbell.transfer import export

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def whole(pieces: Any) -> bytes:
    return b"".join([piece async for piece in pieces])


async def exported(database: Database, owner: User, *, trashed: bool = True) -> bytes:
    return await whole(export.as_json(database, owner_id=owner.id, trashed=trashed))


def _seen(reminder: Reminder) -> tuple[object, ...]:
    # one that is overdue and not told yet is taken along as told: an import tells of nothing past
    is_over = reminder.next_fire_at is not None and reminder.next_fire_at <= now()
    told = ("fired", None) if is_over else (reminder.state, reminder.next_fire_at)
    return (reminder.offset_minutes, reminder.at, *told)


async def everything(session: AsyncSession, owner: User) -> dict[str, Any]:
    """Return all that a user has, without ids and what is new by nature."""
    mine = col(Task.owner_id) == owner.id
    every_task = select(Task).where(mine).order_by(col(Task.position))
    found = list(await session.scalars(every_task))
    theirs = select(TaskList).where(col(TaskList.owner_id) == owner.id)
    every = {one.id: one for one in await session.scalars(theirs.order_by(col(TaskList.position)))}
    titles: dict[UUID | None, str] = {task.id: task.title for task in found}
    titles |= {one.id: f"list {one.name}" for one in every.values()}
    shown: dict[str, Any] = {}
    for task in found:
        values = task.model_dump(
            exclude={"id", "owner_id", "position", "version", "updated_at", "search", "due_sort"}
        )
        if task.deleted_at is not None:
            del values["subtasks_count"]  # it is counted when it comes back
        for name in ("list_id", "parent_id", "trash_id"):
            values[name] = titles.get(values[name])
        of_it = select(Reminder).where(col(Reminder.task_id) == task.id).order_by(col(Reminder.id))
        values["reminders"] = [_seen(one) for one in await session.scalars(of_it)]
        done = select(TaskCompletion).where(col(TaskCompletion.task_id) == task.id)
        values["completions"] = [
            one.model_dump(exclude={"id", "task_id"})
            for one in await session.scalars(done.order_by(col(TaskCompletion.occurrence)))
        ]
        shown[task.title] = values
    labels = select(Label).where(col(Label.owner_id) == owner.id).order_by(col(Label.name))
    return {
        "tasks": shown,
        "siblings": [
            [one for one, values in shown.items() if values["parent_id"] == parent]
            for parent in (None, *sorted(shown))
        ],
        "lists": [
            (one.name, one.color, one.is_inbox, one.archived_at is None, one.deleted_at)
            for one in every.values()
        ],
        "labels": [(one.name, one.color) for one in await session.scalars(labels)],
    }


async def a_full_account(session: AsyncSession, owner: User, seed: int) -> None:
    """Add some of all there is, in a way that the seed decides."""
    chance = random.Random(seed)
    await lists.resolve(session, owner_id=owner.id, list_id=None)
    homes = [await a_list(session, owner, f"List {n % 2}") for n in range(3)]
    homes[0].color = "#4bce97"
    session.add(Label(owner_id=owner.id, name="unused", name_key="unused", color="#00ff00"))
    made: list[Task] = []
    for number in range(30):
        fields: dict[str, Any] = {"title": f"T{number}", "priority": chance.choice(PRIORITIES)}
        parents = [one.id for one in made if one.title in {"T0", "T1", "T2", "T3"}]
        if parents and chance.random() < 0.3:
            fields["parent_id"] = chance.choice(parents)
        else:
            fields["list_id"] = chance.choice([None, *(one.id for one in homes)])
        if chance.random() < 0.6:
            ahead = timedelta(days=chance.randrange(1, 700), hours=chance.randrange(24))
            moment = now().replace(microsecond=0) + ahead
            fields |= {"due_at": moment} if chance.random() < 0.5 else {"due_date": moment.date()}
            if chance.random() < 0.5:
                anchor = chance.choice(["schedule", "completion"])
                fields["recurrence"] = {"rrule": chance.choice(RULES), "anchor": anchor}
        fields["labels"] = chance.sample(["Home", "errand, big", "ünï"], chance.randrange(3))
        fields["description"] = chance.choice(["", "*a*\n- b", '"quoted", =1+1', "\ttab\r\n 🎉 "])
        fields["time_zone"] = chance.choice([None, "Europe/Zurich", "Asia/Kathmandu"])
        fields["start_date"] = chance.choice([None, date(2030, 1, 1)])
        task = await tasks.create_task(session, owner_id=owner.id, new=TaskCreate(**fields))
        made.append(task)
        for _ in range(chance.randrange(3)):
            if task.due_at or task.due_date:
                await a_reminder(session, task, offset_minutes=chance.randrange(0, 500))
            await a_reminder(session, task, at=now() + timedelta(hours=chance.randrange(1, 99)))
    for task in chance.sample(made, 8):
        await completion.set_completed(session, owner_id=owner.id, task_id=task.id, completed=True)
    for task in chance.sample(made, 4):
        await trash.trash_task(session, owner_id=owner.id, task_id=task.id)
    await lists.update_list(
        session, owner_id=owner.id, list_id=homes[1].id, patch=ListPatch(archived=True)
    )
    await lists.trash_list(session, owner_id=owner.id, list_id=homes[2].id)


PRIORITIES = ["low", "medium", "high", "urgent"]
RULES = ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4", "FREQ=MONTHLY;BYMONTHDAY=-1"]


@pytest.mark.parametrize("seed", range(5))
async def test_an_export_taken_into_another_account_gives_the_same(
    empty_database: Database, seed: int
) -> None:
    database = empty_database
    async with database.transaction() as session:
        ada = await a_user(session, time_zone="Europe/Zurich")
        bo = await a_user(session, time_zone="Asia/Tokyo")
        await a_full_account(session, ada, seed)
        await lists.resolve(session, owner_id=bo.id, list_id=None)
    document = await exported(database, ada)
    async with database.transaction() as session:
        done = await run(session, bo, "taskbell", document)
        assert counts(done) == (30, 0, 0, 0)
    async with database.transaction() as session:
        before, after = await everything(session, ada), await everything(session, bo)
    for title, task in before["tasks"].items():
        assert after["tasks"][title] == task
    assert after == before
    # and again: what came from there is known
    async with database.transaction() as session:
        assert counts(await run(session, bo, "taskbell", document)) == (0, 30, 0, 0)
        assert counts(await run(session, ada, "taskbell", document)) == (0, 30, 0, 0)


async def test_the_trash_is_left_out_unless_it_is_asked_for(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        task = await a_task(session, user, title="Gone")
        await a_task(session, user, title="There")
        gone = await a_list(session, user, "Gone list")
        await trash.trash_task(session, owner_id=user.id, task_id=task.id)
        await lists.trash_list(session, owner_id=user.id, list_id=gone.id)
    document = json.loads(await exported(empty_database, user, trashed=False))
    assert [one["title"] for one in document["tasks"]] == ["There"]
    assert [one["name"] for one in document["lists"]] == ["Inbox"]
    document = json.loads(await exported(empty_database, user))
    assert [one["title"] for one in document["tasks"]] == ["There", "Gone"]
    assert {one["name"] for one in document["lists"]} == {"Inbox", "Gone list"}


async def test_nobody_gets_what_is_anothers(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada, bo = await a_user(session), await a_user(session)
        task = await a_task(session, ada, labels=["secret"])
        await a_reminder(session, task)
    document = json.loads(await exported(empty_database, bo))
    assert (document["tasks"], document["lists"], document["labels"]) == ([], [], [])
    assert len(await whole(export.as_csv(empty_database, owner_id=bo.id))) < 300


async def test_an_empty_account_is_a_document_too(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        document = await exported(empty_database, user)
        assert json.loads(document)["format"] == "taskbell-tasks/1"
        assert counts(await run(session, user, "taskbell", document)) == (0, 0, 0, 0)


async def test_the_table_is_rfc_4180_with_a_mark(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        home = await a_list(session, user, "Home")
        await a_task(
            session,
            user,
            title='Say "hi", Zürich',
            description="one\ntwo",
            list_id=home.id,
            labels=["a", "b"],
            due_date="2030-01-31",
            recurrence={"rrule": "FREQ=DAILY"},
        )
    table = await whole(export.as_csv(empty_database, owner_id=user.id))
    assert table.startswith(b"\xef\xbb\xbfid,list,parent_id,title")
    assert table.endswith(b"\r\n")
    (row,) = csv.DictReader(StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
    assert row["title"] == 'Say "hi", Zürich'
    assert row["description"] == "one\ntwo"
    assert (row["list"], row["labels"], row["completed"]) == ("Home", "a, b", "false")
    assert (row["due_date"], row["due_at"]) == ("2030-01-31", "")
    assert (row["rrule"], row["anchor"]) == ("FREQ=DAILY", "schedule")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
async def test_no_cell_is_a_formula(empty_database: Database, text: str) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        home = await a_list(session, user, text)
        label = text.lstrip("@")
        await a_task(
            session, user, title=text, description=f"\t{text}", list_id=home.id, labels=[label]
        )
    table = await whole(export.as_csv(empty_database, owner_id=user.id))
    for row in csv.reader(StringIO(table.decode("utf-8-sig"), newline="")):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert f"'{text}".replace('"', '""').encode() in table


async def test_ten_thousand_tasks_take_the_memory_of_a_page(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        inbox = await lists.resolve(session, owner_id=user.id, list_id=None)
        rows = [
            Task(
                owner_id=user.id, list_id=inbox, title=f"T{n}", description="d" * 1000,
                time_zone="UTC", created_at=now() - timedelta(seconds=n // 3),
            ).model_dump(exclude={"search", "due_sort"})
            for n in range(10_000)
        ]  # fmt: skip
        await session.execute(insert(Task), rows)
    pieces, size = export.as_json(empty_database, owner_id=user.id), 0
    tracemalloc.start()
    try:
        titles = set()
        async for piece in pieces:
            size += len(piece)
            if piece[1:7] == b'\n{"id"' or piece[:6] == b'\n{"id"':
                titles.add(json.loads(piece.lstrip(b",\n"))["title"])
        assert tracemalloc.get_traced_memory()[1] < 25_000_000
    finally:
        tracemalloc.stop()
    assert len(titles) == 10_000
    assert size > 10_000_000
