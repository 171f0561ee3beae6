"""Imports in the database: what is made, what is known again, what is told."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_list, a_task, a_user
from core.tests.transfer.importing import counts, lists_of, rows_of, run, run_real, tasks_of
from core.tests.transfer.sources import REAL, content
from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.labels.models import Label
from taskbell.lists import service as lists
from taskbell.lists.errors import ListArchivedError, ListNotFoundError, TooManyListsError
from taskbell.lists.models import TaskList
from taskbell.reminders.models import Reminder
from taskbell.tasks import trash
from taskbell.tasks.models import Task
from taskbell.transfer import reports, service
from taskbell.transfer.errors import (
    ImportNotFoundError,
    ImportRunningError,
    UnreadableImportError,
)
from taskbell.transfer.identity import derived_id
from taskbell.transfer.items import Source
from taskbell.transfer.models import TaskImport, TaskImportRow
from taskbell.transfer.parsers import SOURCES
from taskbell.transfer.writing import PART

pytestmark = pytest.mark.asyncio(loop_scope="session")


def own(*tasks: dict[str, Any], **more: Any) -> str:
    """Return a file of our own with some tasks, whose ids are counted where they have none."""
    numbered = [{"id": f"id-{n}", "title": f"T{n}"} | task for n, task in enumerate(tasks)]
    return json.dumps({"format": "taskbell-tasks/1", "tasks": numbered} | more)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("todoist", (7, 0, 0, 0)),
        ("trello", (10, 0, 0, 0)),
        ("vikunja", (4, 0, 0, 0)),
        ("google_tasks", (4, 0, 2, 0)),
        ("taskbell", (2, 0, 0, 0)),
    ],
)
async def test_every_source_is_imported(
    session: AsyncSession, source: Source, expected: tuple[int, ...]
) -> None:
    user = await a_user(session, time_zone="Europe/Zurich")
    done = await run_real(session, user, source)
    assert (done.state, done.error, done.file) == ("done", None, None)
    assert counts(done) == expected
    assert done.total == done.done == sum(expected)
    assert await session.scalar(select(func.count()).select_from(Task)) == expected[0]
    assert done.finished_at is not None


@pytest.mark.parametrize("source", SOURCES)
async def test_running_it_twice_makes_no_doubles(session: AsyncSession, source: Source) -> None:
    user = await a_user(session)
    first = await run_real(session, user, source)
    second = await run_real(session, user, source)
    assert counts(second) == (0, first.created, first.skipped, first.failed)
    assert await session.scalar(select(func.count()).select_from(Task)) == first.created
    by_number = {row.number: row.task_id for row in await rows_of(session, first)}
    for row in await rows_of(session, second):
        assert row.task_id == by_number[row.number]
    assert len(await lists_of(session, user)) == len(set(await lists_of(session, user)))


@pytest.mark.parametrize("source", SOURCES)
async def test_a_dry_run_tells_the_same_and_writes_no_task(
    session: AsyncSession, source: Source
) -> None:
    user = await a_user(session, time_zone="Europe/Zurich")
    dry = await run_real(session, user, source, dry_run=True)
    assert await tasks_of(session, user) == {}
    assert set(await lists_of(session, user)) <= {"Inbox"}
    assert await session.scalar(select(func.count()).select_from(Label)) == 0
    wet = await run_real(session, user, source)
    assert counts(dry) == counts(wet)
    told = [
        (row.number, row.title, row.outcome, row.messages) for row in await rows_of(session, dry)
    ]
    done = [
        (row.number, row.title, row.outcome, row.messages) for row in await rows_of(session, wet)
    ]
    assert told == done
    assert {row.task_id for row in await rows_of(session, dry)} == {None}
    again = await run_real(session, user, source, dry_run=True)
    assert again.duplicates == wet.created


async def test_another_users_import_of_the_same_file_is_their_own(session: AsyncSession) -> None:
    ada, bo = await a_user(session), await a_user(session)
    await run_real(session, ada, "trello")
    done = await run_real(session, bo, "trello")
    assert counts(done) == (10, 0, 0, 0)
    ids = {task.id for task in (await tasks_of(session, ada)).values()}
    assert ids.isdisjoint(task.id for task in (await tasks_of(session, bo)).values())


async def test_ids_are_shaped_as_uuid_7_and_tell_when_a_task_was_made(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    await run_real(session, user, "trello")
    paint = (await tasks_of(session, user))["Buy paint"]
    assert paint.id.version == 7
    assert paint.created_at == datetime(2024, 1, 12, 4, 45, 13, tzinfo=UTC)
    assert paint.id.int >> 80 == int(paint.created_at.timestamp() * 1000)


async def test_tasks_lists_labels_and_order_are_as_in_the_file(session: AsyncSession) -> None:
    user = await a_user(session, time_zone="Europe/Zurich")
    await run_real(session, user, "trello")
    made = await lists_of(session, user)
    assert list(made) == ["Home / 2023", "Home / To do", "Home / Doing"]
    assert made["Home / 2023"].archived_at is not None
    tasks = await tasks_of(session, user)
    hall, paint = tasks["Paint the hall"], tasks["Buy paint"]
    assert hall.list_id == paint.list_id == made["Home / To do"].id
    assert hall.position < paint.position
    assert tasks["Ladder"].position < tasks["Roller"].position
    assert tasks["Ladder"].parent_id == tasks["Tools"].id
    assert tasks["Tools"].parent_id == hall.id
    assert (hall.subtasks_count, tasks["Tools"].subtasks_count) == (2, 2)
    assert paint.label_names == "Errand\nred_dark"
    labels = {one.name: one.color for one in await session.scalars(select(Label))}
    assert labels == {"Errand": "#f5cd47", "red_dark": None}
    assert hall.due_at == datetime(2030, 3, 9, 14, 30, tzinfo=UTC)
    assert tasks["Insulate the roof"].completed_at == datetime(2023, 12, 30, 12, tzinfo=UTC)


async def test_reminders_ahead_are_planned_and_those_past_are_left_out(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    past, ahead = now() - timedelta(days=1), now() + timedelta(days=10)
    file = own(
        {
            "title": "Ahead",
            "due_at": ahead.isoformat(),
            "reminders": [{"offset_minutes": 60}, {"at": past.isoformat()}],
        },
        {"title": "Past", "due_at": past.isoformat(), "reminders": [{"offset_minutes": 60}]},
        {"title": "None", "reminders": [{"offset_minutes": 60}]},
        {
            "title": "Done",
            "due_at": ahead.isoformat(),
            "completed": True,
            "reminders": [{"offset_minutes": 5}],
        },
    )
    done = await run(session, user, "taskbell", file)
    tasks = await tasks_of(session, user)
    found = {
        title: (
            await session.scalars(select(Reminder).where(col(Reminder.task_id) == one.id))
        ).all()
        for title, one in tasks.items()
    }
    (planned,) = found["Ahead"]
    assert (planned.state, planned.next_fire_at) == ("scheduled", ahead - timedelta(hours=1))
    (over,) = found["Past"]  # it waits for a later due time
    assert (over.state, over.next_fire_at) == ("fired", None)
    assert found["None"] == []
    (cancelled,) = found["Done"]
    assert cancelled.state == "cancelled"
    assert {title: one.reminders_count for title, one in tasks.items()} == {
        "Ahead": 1, "Past": 1, "None": 0, "Done": 1
    }  # fmt: skip
    messages = {row.title: row.messages for row in await rows_of(session, done)}
    assert messages["Ahead"] == ["A reminder whose time is past is left out."]
    assert messages["None"] == ["A reminder before the due time is left out: there is no due time."]


async def test_a_repeat_goes_on_where_its_series_stood(session: AsyncSession) -> None:
    user = await a_user(session)
    await run_real(session, user, "taskbell")
    rent = (await tasks_of(session, user))["Pay the rent"]
    assert rent.rrule == "FREQ=MONTHLY;COUNT=12;BYMONTHDAY=-1"
    assert rent.repeat_start == "2029-12-31T09:00:00"
    assert (rent.occurrence, rent.occurrence_number) == ("2030-01-31T09:00:00", 2)


async def test_a_rule_that_is_not_possible_is_kept_as_text(session: AsyncSession) -> None:
    user = await a_user(session)
    rule = {"rrule": "FREQ=SECONDLY", "anchor": "schedule"}
    done = await run(session, user, "taskbell", own({"due_date": "2030-01-01", "recurrence": rule}))
    (row,) = await rows_of(session, done)
    assert row.outcome == "created"
    assert row.messages[0].startswith("Its repeat is not possible here: FREQ=SECONDLY")
    (task,) = (await tasks_of(session, user)).values()
    assert (task.rrule, task.description) == (None, "Repeats: FREQ=SECONDLY")


async def test_a_due_time_in_the_past_is_imported(session: AsyncSession) -> None:
    user = await a_user(session)
    await run(session, user, "taskbell", own({"due_at": "2001-01-01T00:00:00Z"}))
    (task,) = (await tasks_of(session, user)).values()
    assert task.due_at == datetime(2001, 1, 1, tzinfo=UTC)


async def test_nothing_is_done_or_made_in_the_future(session: AsyncSession) -> None:
    user = await a_user(session)
    ahead = "2150-01-01T00:00:00Z"
    await run(session, user, "taskbell", own({"created_at": ahead, "completed_at": ahead}))
    (task,) = (await tasks_of(session, user)).values()
    assert task.created_at <= now()
    assert task.completed_at is not None
    assert task.completed_at <= now()


async def test_a_list_of_the_same_name_is_used(session: AsyncSession) -> None:
    user = await a_user(session)
    there = await a_list(session, user, "my tasks")
    await run_real(session, user, "google_tasks")
    assert set(await lists_of(session, user)) == {"my tasks", "Groceries"}
    assert (await tasks_of(session, user))["File the taxes"].list_id == there.id


async def test_two_lists_of_one_name_stay_two(session: AsyncSession) -> None:
    user = await a_user(session)
    there = await a_list(session, user, "Home")
    both = [{"id": "a", "name": "Home"}, {"id": "b", "name": "Home"}]
    file = own({"list_id": "a", "title": "A"}, {"list_id": "b", "title": "B"}, lists=both)
    await run(session, user, "taskbell", file)
    await run(session, user, "taskbell", file)
    tasks = await tasks_of(session, user)
    assert tasks["A"].list_id == there.id
    assert tasks["B"].list_id == derived_id(user.id, "taskbell", "list", "b", None)
    assert await session.scalar(select(func.count()).select_from(TaskList)) == 2


async def test_a_list_that_was_renamed_or_trashed_since(session: AsyncSession) -> None:
    user = await a_user(session)
    listed = [{"id": "a", "name": "Home"}]
    await run(session, user, "taskbell", own({"id": "1", "list_id": "a"}, lists=listed))
    (made,) = (await lists_of(session, user)).values()
    made.name = "House"
    await session.flush()
    await run(session, user, "taskbell", own({"id": "2", "list_id": "a"}, lists=listed))
    assert list(await lists_of(session, user)) == ["House"]
    await lists.trash_list(session, owner_id=user.id, list_id=made.id)
    for _ in range(2):
        await run(session, user, "taskbell", own({"id": "3", "list_id": "a"}, lists=listed))
    live = [one for one in (await lists_of(session, user)).values() if one.deleted_at is None]
    assert [one.name for one in live] == ["Home"]
    third = [one for one in (await tasks_of(session, user)).values() if one.deleted_at is None]
    assert [one.list_id for one in third] == [live[0].id]


async def test_everything_goes_to_the_list_that_was_chosen(session: AsyncSession) -> None:
    user = await a_user(session)
    chosen = await a_list(session, user, "Chosen")
    done = await run_real(session, user, "trello", list_id=chosen.id)
    assert set(await lists_of(session, user)) == {"Chosen"}
    assert {one.list_id for one in (await tasks_of(session, user)).values()} == {chosen.id}
    messages = {row.title: row.messages for row in await rows_of(session, done)}
    assert messages["Buy paint"] == ["Its list in the file is 'Home / To do'."]


async def test_a_chosen_list_must_be_there_and_open(session: AsyncSession) -> None:
    user, other = await a_user(session), await a_user(session)
    theirs = await a_list(session, other)
    with pytest.raises(ListNotFoundError):
        await run_real(session, user, "trello", list_id=theirs.id)
    archived = await a_list(session, user)
    archived.archived_at = now()
    await session.flush()
    with pytest.raises(ListArchivedError):
        await run_real(session, user, "trello", list_id=archived.id)


async def test_tasks_of_no_list_go_to_the_inbox(session: AsyncSession) -> None:
    user = await a_user(session)
    await run(session, user, "taskbell", own({}))
    (inbox,) = (await lists_of(session, user)).values()
    assert inbox.is_inbox


async def test_the_inbox_of_a_file_is_the_inbox(session: AsyncSession) -> None:
    user = await a_user(session)
    theirs = [{"id": "i", "name": "Eingang", "is_inbox": True}]
    await run(session, user, "taskbell", own({"list_id": "i"}, lists=theirs))
    assert list(await lists_of(session, user)) == ["Inbox"]


async def test_labels_are_used_as_they_are_written_here(session: AsyncSession) -> None:
    user = await a_user(session)
    await a_task(session, user, title="There", labels=["Home"])
    await run(session, user, "taskbell", own({"labels": ["HOME", "new", "New"]}))
    assert (await tasks_of(session, user))["T0"].label_names == "Home\nnew"


async def test_what_was_deleted_for_good_is_imported_again(session: AsyncSession) -> None:
    user = await a_user(session)
    first = await run(session, user, "taskbell", own({}))
    await session.execute(delete(Task))
    second = await run(session, user, "taskbell", own({}))
    assert counts(first) == counts(second) == (1, 0, 0, 0)


async def test_what_is_in_the_trash_is_a_duplicate(session: AsyncSession) -> None:
    user = await a_user(session)
    await run(session, user, "taskbell", own({"id": "p"}))
    (task,) = (await tasks_of(session, user)).values()
    await trash.trash_task(session, owner_id=user.id, task_id=task.id)
    done = await run(
        session, user, "taskbell", own({"id": "p"}, {"id": "c", "parent_id": "p", "title": "Child"})
    )
    assert counts(done) == (1, 1, 0, 0)
    parent, child = await rows_of(session, done)
    assert parent.messages == ["It is there already, in the trash."]
    assert child.messages == ["The task above it is in the trash: it stands at the top level."]
    assert (await tasks_of(session, user))["Child"].parent_id is None


async def test_new_subtasks_go_below_what_is_there_already(session: AsyncSession) -> None:
    user = await a_user(session)
    await run(session, user, "taskbell", own({"id": "p", "title": "P"}))
    elsewhere = await a_list(session, user, "Elsewhere")
    parent = (await tasks_of(session, user))["P"]
    parent.list_id = elsewhere.id
    await session.flush()
    file = own({"id": "p", "title": "P"}, {"id": "c", "title": "C", "parent_id": "p"})
    await run(session, user, "taskbell", file)
    tasks = await tasks_of(session, user)
    assert (tasks["C"].parent_id, tasks["C"].list_id) == (parent.id, elsewhere.id)
    assert tasks["P"].subtasks_count == 1


async def test_below_a_task_that_was_moved_too_deep_nothing_is_put(session: AsyncSession) -> None:
    user = await a_user(session)
    await run(session, user, "taskbell", own({"id": "p", "title": "P"}))
    parent = (await tasks_of(session, user))["P"]
    above = None
    for level in range(4):
        above = (await a_task(session, user, title=f"L{level}", parent_id=above)).id
    parent.parent_id, parent.list_id = above, (await tasks_of(session, user))["L0"].list_id
    await session.flush()
    file = own({"id": "p", "title": "P"}, {"id": "c", "title": "C", "parent_id": "p"})
    done = await run(session, user, "taskbell", file)
    rows = {row.title: row.messages for row in await rows_of(session, done)}
    assert rows["C"] == ["The task above it was moved too deep: it stands at the top level."]


async def test_nobodys_tasks_end_up_below_anothers(session: AsyncSession) -> None:
    """Ids are made by clients too: somebody may have taken the one that an import would make."""
    user, thief = await a_user(session), await a_user(session)
    taken = derived_id(user.id, "taskbell", "task", "p", None)
    await a_task(session, thief, id=taken)
    file = own({"id": "p", "title": "P"}, {"id": "c", "title": "C", "parent_id": "p"})
    done = await run(session, user, "taskbell", file)
    rows = {row.title: (row.outcome, row.task_id) for row in await rows_of(session, done)}
    tasks = await tasks_of(session, user)
    assert rows == {"P": ("failed", None), "C": ("created", tasks["C"].id)}
    assert tasks["C"].parent_id is None


async def test_an_own_export_in_the_own_account_makes_no_doubles(session: AsyncSession) -> None:
    user, other = await a_user(session), await a_user(session)
    task = await a_task(session, user, title="Mine")
    file = own({"id": str(task.id)}, {"id": str(task.id).upper(), "title": "Again"})
    done = await run(session, user, "taskbell", file)
    assert counts(done) == (0, 1, 1, 0)
    assert (await rows_of(session, done))[0].task_id == task.id
    assert counts(await run(session, other, "taskbell", file)) == (1, 0, 1, 0)


async def test_a_subtask_comes_back_below_the_task_it_was_exported_from(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    parent = await a_task(session, user, title="Parent")
    others = [{"id": f"o{n}"} for n in range(PART)]  # so that it is in another part
    child = {"id": "c", "title": "Child", "parent_id": str(parent.id)}
    done = await run(session, user, "taskbell", own({"id": str(parent.id)}, *others, child))
    assert counts(done) == (PART + 1, 1, 0, 0)
    tasks = await tasks_of(session, user)
    assert tasks["Child"].parent_id == parent.id
    assert tasks["Parent"].subtasks_count == 1


async def test_statements_are_as_many_however_many_rows_a_part_has(session: AsyncSession) -> None:
    user = await a_user(session)

    def file(name: str, count: int) -> str:
        due = (now() + timedelta(days=3)).isoformat()
        tasks = [
            {
                "id": f"{name}-{n}",
                "title": "T",
                "list_id": "l",
                "labels": [f"label {n % 7}"],
                "due_at": due if n % 5 else None,
                "start_date": "2030-01-01" if n % 2 else None,
                "completed_at": "2020-01-01T00:00:00Z" if n % 4 else None,
                "reminders": [{"offset_minutes": n}, {"at": due}],
                "parent_id": f"{name}-{n - 1}" if n % 3 else None,
            }
            for n in range(count)
        ]
        return own(*tasks, lists=[{"id": "l", "name": "L"}])

    async def statements(data: str) -> int:
        seen: list[str] = []
        bind = (await session.connection()).sync_connection

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE")):
                seen.append(statement)

        event.listen(bind, "before_cursor_execute", note)
        try:
            done = await run(session, user, "taskbell", data)
        finally:
            event.remove(bind, "before_cursor_execute", note)
        assert done.created == done.total
        return len(seen)

    few, many = await statements(file("few", 10)), await statements(file("many", PART))
    assert many <= few <= 30


async def test_too_many_lists_fail_the_import_with_a_reason(session: AsyncSession) -> None:
    user = await a_user(session)
    many = [{"id": f"l{n}", "name": f"L{n}"} for n in range(501)]
    tasks = [{"id": f"t{n}", "list_id": f"l{n}"} for n in range(501)]
    with pytest.raises(TooManyListsError):
        await run(session, user, "taskbell", own(*tasks, lists=many))


async def test_a_file_of_another_kind_is_refused_at_once(session: AsyncSession) -> None:
    user = await a_user(session)
    for source in SOURCES:
        for other in SOURCES:
            if other == source:
                continue
            with pytest.raises(UnreadableImportError):
                await service.start_import(
                    session, owner_id=user.id, source=source, data=content(REAL[other])
                )
    assert await session.scalar(select(func.count()).select_from(TaskImport)) == 0


async def test_three_imports_may_run_at_once(session: AsyncSession) -> None:
    user, other = await a_user(session), await a_user(session)
    for _ in range(3):
        await service.start_import(
            session, owner_id=user.id, source="taskbell", data=own({}).encode()
        )
    with pytest.raises(ImportRunningError):
        await service.start_import(
            session, owner_id=user.id, source="taskbell", data=own({}).encode()
        )
    await service.start_import(session, owner_id=other.id, source="taskbell", data=own({}).encode())
    assert await session.scalar(select(func.count()).select_from(Job)) == 4


async def test_the_report_is_paged(session: AsyncSession) -> None:
    user, other = await a_user(session), await a_user(session)
    done = await run(session, user, "taskbell", own(*({} for _ in range(5))))
    first = await reports.list_rows(session, owner_id=user.id, import_id=done.id, per_page=2)
    assert ([row.number for row in first.items], first.total) == ([1, 2], 5)
    second = await reports.list_rows(
        session, owner_id=user.id, import_id=done.id, per_page=2, cursor=first.next_cursor
    )
    assert ([row.number for row in second.items], second.total) == ([3, 4], None)
    last = await reports.list_rows(session, owner_id=user.id, import_id=done.id, per_page=2, page=3)
    assert ([row.number for row in last.items], last.next_cursor) == ([5], None)
    with pytest.raises(ImportNotFoundError):
        await reports.list_rows(session, owner_id=other.id, import_id=done.id)


async def test_imports_are_listed_the_newest_first(session: AsyncSession) -> None:
    user = await a_user(session)
    done = [(await run(session, user, "taskbell", own({}))).id for _ in range(3)]
    first = await reports.list_imports(session, owner_id=user.id, per_page=2)
    assert ([one.id for one in first.items], first.total) == ([done[2], done[1]], 3)
    second = await reports.list_imports(
        session, owner_id=user.id, per_page=2, cursor=first.next_cursor
    )
    assert ([one.id for one in second.items], second.next_cursor) == ([done[0]], None)


async def test_forgetting_an_import_keeps_its_tasks(session: AsyncSession) -> None:
    user, other = await a_user(session), await a_user(session)
    done = await run(session, user, "taskbell", own({}))
    with pytest.raises(ImportNotFoundError):
        await reports.delete_import(session, owner_id=other.id, import_id=done.id)
    await reports.delete_import(session, owner_id=user.id, import_id=done.id)
    with pytest.raises(ImportNotFoundError):
        await reports.get_import(session, owner_id=user.id, import_id=done.id)
    assert await session.scalar(select(func.count()).select_from(TaskImportRow)) == 0
    assert len(await tasks_of(session, user)) == 1


async def test_reports_go_after_thirty_days(session: AsyncSession) -> None:
    user = await a_user(session)
    old, new = [await run(session, user, "taskbell", own({"id": str(n)})) for n in range(2)]
    old.finished_at = now() - timedelta(days=31)
    await session.flush()
    await reports.prune_imports(session)
    left = await reports.list_imports(session, owner_id=user.id)
    assert [one.id for one in left.items] == [new.id]


async def test_the_import_of_a_job_that_was_given_up_has_failed(session: AsyncSession) -> None:
    user = await a_user(session)
    started = await service.start_import(
        session, owner_id=user.id, source="taskbell", data=own({}).encode()
    )
    jobs = list(await session.scalars(select(col(Job.id))))
    await service.abandon_imports(session, job_ids=jobs, reason="given up")
    await session.refresh(started)
    assert (started.state, started.error, started.file) == ("failed", "given up", None)
    assert await service.begin(session, import_id=started.id) is None


async def test_days_are_as_of_the_moment_the_file_was_sent(session: AsyncSession) -> None:
    user = await a_user(session)
    started = await service.start_import(
        session, owner_id=user.id, source="todoist", data=b"TYPE,CONTENT,DATE\ntask,A,tomorrow\n"
    )
    started.created_at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    await session.flush()
    work = await service.begin(session, import_id=started.id)
    assert work is not None
    await service.import_part(session, import_id=started.id, ready=service.read(work))
    assert (await tasks_of(session, user))["A"].due_date == date(2026, 1, 2)
