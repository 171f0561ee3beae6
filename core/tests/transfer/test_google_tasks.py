"""Tasks.json of Google Takeout."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest

from core.tests.transfer.sources import by_title, content, read, read_real
from taskbell.transfer.errors import UnreadableImportError


def test_lists_come_along_also_empty_ones() -> None:
    assert [one.name for one in read_real("google_tasks").lists] == ["My Tasks", "Groceries"]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Kiritimati"])
def test_a_due_date_does_not_drift_in_any_zone(zone: str) -> None:
    file = read("google_tasks", content("google-tasks.json"), time_zone=zone)
    assert by_title(file)["File the taxes"].due_date == date(2030, 4, 15)


def test_a_task_keeps_what_it_says() -> None:
    taxes = by_title(read_real("google_tasks"))["File the taxes"]
    assert taxes.description == (
        "Form 1040\nand the annex\n\nLink: [Your statement](https://mail.example.com/1)"
    )
    assert taxes.created_at == datetime(2024, 2, 20, 7, tzinfo=UTC)
    assert taxes.messages == []


def test_subtasks_and_completion_come_along() -> None:
    found = by_title(read_real("google_tasks"))
    receipts = found["Find the receipts"]
    assert receipts.parent_key == found["File the taxes"].key
    assert receipts.completed_at == datetime(2024, 2, 28, 21, 15, tzinfo=UTC)


def test_hidden_tasks_are_completed_and_deleted_ones_are_left_out() -> None:
    file = read_real("google_tasks")
    assert by_title(file)["Old"].completed_at is not None
    gone = next(item for item in file.items if item.title == "Gone")
    assert (gone.outcome, gone.messages) == ("skipped", ["It was deleted in Google Tasks."])


def test_a_task_without_a_title_is_named_by_its_note() -> None:
    note = by_title(read_real("google_tasks"))["Only a note"]
    assert note.description == "Only a note\nof two lines"


def test_an_empty_task_is_left_out() -> None:
    (empty,) = [one for one in read_real("google_tasks").items if one.messages == ["It is empty."]]
    assert empty.outcome == "skipped"


def test_tasks_stand_in_the_order_of_their_positions() -> None:
    titles = [one.title for one in read_real("google_tasks").items
              if one.parent_key is None and one.outcome is None]  # fmt: skip
    assert titles == ["Only a note", "File the taxes", "Old"]


def test_takeouts_zip_says_the_same() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Takeout/Tasks/Tasks.json", content("google-tasks.json"))
        archive.writestr("Takeout/archive_browser.html", "<html>")
    assert read("google_tasks", packed.getvalue()) == read_real("google_tasks")


def test_one_list_alone_is_read_too() -> None:
    file = read("google_tasks", '{"kind":"tasks#tasks","items":[{"id":"1","title":"A"}]}')
    assert [item.title for item in file.items] == ["A"]


@pytest.mark.parametrize("data", ["[]", "{}", '{"items":{}}', "1"])
def test_what_is_no_takeout_is_refused(data: str) -> None:
    with pytest.raises(UnreadableImportError, match="Takeout"):
        read("google_tasks", data)
