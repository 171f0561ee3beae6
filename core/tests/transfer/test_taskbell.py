"""Taskbell's own JSON. That an export comes back equal is shown in test_export.py."""

from datetime import UTC, date, datetime

import pytest

from core.tests.transfer.sources import by_title, content, read, read_real
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import (
    ImportedCompletion,
    ImportedLabel,
    ImportedRecurrence,
    ImportedReminder,
    ImportedSeries,
)


def test_everything_in_it_is_read() -> None:
    file = read_real("taskbell")
    assert [(one.name, one.color, one.is_inbox, one.archived) for one in file.lists] == [
        ("Inbox", None, True, False),
        ("Home", "#4bce97", False, True),
    ]
    assert file.labels == [ImportedLabel("bills", "#ff0000")]
    rent = by_title(file)["Pay the rent"]
    assert (rent.description, rent.priority, rent.labels) == ("*Standing* order", "high", ["bills"])
    assert rent.due_at == datetime(2030, 1, 31, 8, tzinfo=UTC)
    assert (rent.time_zone, rent.start_date) == ("Europe/Zurich", date(2030, 1, 30))
    assert rent.recurrence == ImportedRecurrence("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12")
    assert rent.series == ImportedSeries("2029-12-31T09:00:00", "2030-01-31T09:00:00", 2)
    assert rent.reminders == [
        ImportedReminder(offset_minutes=30),
        ImportedReminder(at=datetime(2030, 1, 30, 18, tzinfo=UTC)),
    ]
    slot = "2029-12-31T09:00:00"
    due, at = datetime(2029, 12, 31, 8, tzinfo=UTC), datetime(2029, 12, 30, 7, tzinfo=UTC)
    assert rent.completions == [ImportedCompletion(slot, "skipped", None, due, at)]
    account = by_title(file)["Find the account"]
    assert account.parent_key == rent.key
    assert account.completed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert account.due_date == date(2029, 12, 1)
    assert rent.messages == account.messages == []


@pytest.mark.parametrize(
    "data", ["[]", '{"tasks":[]}', '{"format":"taskbell-export/1","tasks":[]}', '"x"']
)
def test_another_json_is_refused(data: str) -> None:
    with pytest.raises(UnreadableImportError, match="taskbell-tasks/1"):
        read("taskbell", data)


def test_a_task_of_wrong_values_is_imported_as_far_as_it_goes() -> None:
    file = read(
        "taskbell",
        '{"format":"taskbell-tasks/1","lists":[{"id":"L"}],"tasks":[{"id":"1","title":5,'
        '"priority":"mega","list_id":"other","due_at":"now","labels":"x","reminders":[{}]},{},7]}',
    )
    first, second, third = sorted(file.items, key=lambda one: one.number)
    assert first.title == "5"
    assert first.messages == [
        "Its list is not in the file.",
        "Its priority cannot be read: it is medium.",
        "Its due time cannot be read.",
        "One of its reminders cannot be read.",
    ]
    assert first.description == "Due: now"
    assert second.outcome == third.outcome == "failed"


def test_the_case_of_an_id_makes_no_difference() -> None:
    data = content("taskbell.json").replace(b"c1", b"C1", 1).replace(b"a2", b"A2", 1)
    assert read("taskbell", data) == read_real("taskbell")
